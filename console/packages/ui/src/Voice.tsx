/** The voice bar of both apps: one button to speak, who is heard, and in words what does not work. */
import {
  type Call,
  type CallView,
  type MicrophoneState,
  type PeerView,
  TalkButton,
} from "@nearhand/live/rtc";
import mic from "lucide-static/icons/mic.svg?raw";
import micOff from "lucide-static/icons/mic-off.svg?raw";
import { useEffect, useMemo } from "preact/hooks";
import { Icon } from "./Icon";
import { words } from "./i18n";

const t = words({
  voice: ["Voice", "語音", "语音"],
  talk: ["Hold or tap to talk", "按住或輕觸以通話", "按住或轻触以通话"],
  talking: ["You are heard · tap to mute", "對方聽得到您 · 輕觸靜音", "对方听得到您 · 轻触静音"],
  asking: ["Allow the microphone…", "請允許使用麥克風…", "请允许使用麦克风…"],
  denied: [
    "The microphone is not allowed. Allow it in the browser's settings for this page.",
    "未允許使用麥克風。請在瀏覽器的網站設定中允許。",
    "未允许使用麦克风。请在浏览器的网站设置中允许。",
  ],
  missing: ["No microphone was found.", "找不到麥克風。", "找不到麦克风。"],
  taken: [
    "Another program has the microphone, or it was pulled out.",
    "麥克風正由其他程式使用，或已拔除。",
    "麦克风正由其他程序使用，或已拔出。",
  ],
  insecure: [
    "The browser gives the microphone to pages over HTTPS only.",
    "瀏覽器只允許 HTTPS 頁面使用麥克風。",
    "浏览器只允许 HTTPS 页面使用麦克风。",
  ],
  silenced: ["Sound is off until you turn it on.", "聲音已關閉，需由您開啟。", "声音已关闭，需由您开启。"],
  hear: ["Turn sound on", "開啟聲音", "开启声音"],
  hushed: ["{name} asks you to mute.", "{name} 請您靜音。", "{name} 请您静音。"],
  mute: ["Mute", "靜音", "静音"],
  hush: ["Ask {name} to mute", "請 {name} 靜音", "请 {name} 静音"],
  way_seeking: ["connecting…", "連線中…", "连接中…"],
  way_lost: ["interrupted", "已中斷", "已中断"],
  way_none: [
    "no direct way: pictures and words go on",
    "無法直接連線：圖片與文字照常",
    "无法直接连接：图片与文字照常",
  ],
  full: [
    "Three already speak and see each other directly. You follow by pictures and words.",
    "已有三方直接通話與視訊。您可透過圖片與文字參與。",
    "已有三方直接通话与视频。您可通过图片与文字参与。",
  ],
  lost: [
    "The media server is out of reach. Up to three connect directly; it is tried again.",
    "媒體伺服器目前無法連線，最多三方直接連線；系統會再次嘗試。",
    "媒体服务器暂时无法连接，最多三方直接连接；系统会再次尝试。",
  ],
  speaks: ["speaks", "發言中", "发言中"],
  silent: ["silent", "靜音", "静音"],
});

const TROUBLE: ReadonlySet<MicrophoneState> = new Set(["denied", "missing", "taken", "insecure"]);

interface VoiceBarProps {
  readonly call: Call;
  readonly view: CallView;
  readonly nameOf: (participantId: string) => string;
  /** The key that speaks, on a desk. */
  readonly shortcut?: string;
}

export function VoiceBar({ call, view, nameOf, shortcut }: VoiceBarProps) {
  const button = useMemo(
    () =>
      new TalkButton(
        (wants) => call.talk(wants),
        () => call.get().isTalking,
      ),
    [call],
  );
  useTalkKey(button, shortcut);
  if (view.peers.length === 0 && view.trouble === null && view.by !== "sfu") return null;
  const { microphone } = view;
  return (
    <section
      class="ui-voice"
      aria-label={t("voice")}
      data-testid="voice"
      data-microphone={microphone}
      data-by={view.by}
    >
      <VoiceNotes call={call} view={view} nameOf={nameOf} />
      {view.maySpeak && view.peers.length > 0 && (
        <button
          type="button"
          class="ui-voice-talk"
          aria-pressed={view.isTalking}
          aria-keyshortcuts={shortcut?.toUpperCase()}
          data-testid="talk"
          data-level={view.level}
          onPointerDown={(event) => {
            event.currentTarget.setPointerCapture(event.pointerId);
            button.press();
          }}
          onPointerUp={() => button.release()}
          onPointerCancel={() => button.release()}
          onContextMenu={(event) => event.preventDefault()}
          onKeyDown={(event) => isPress(event) && button.press()}
          onKeyUp={(event) => isPress(event) && button.release()}
        >
          <Icon svg={view.isTalking ? mic : micOff} size={24} />
          <span>{t(microphone === "asking" ? "asking" : view.isTalking ? "talking" : "talk")}</span>
          {shortcut && <kbd>{shortcut.toUpperCase()}</kbd>}
          <Meter level={view.level} />
        </button>
      )}
      <ul class="ui-voice-people">
        {view.peers.map((peer) => (
          <Person
            key={peer.client}
            peer={peer}
            name={nameOf(peer.by)}
            onHush={view.maySpeak ? () => call.hush(peer.client) : null}
          />
        ))}
      </ul>
    </section>
  );
}

function VoiceNotes({ call, view, nameOf }: VoiceBarProps) {
  const { microphone, isSilenced, hushedBy, trouble } = view;
  return (
    <div class="ui-voice-notes" role="status">
      {trouble && <p data-testid="voice-trouble">{t(trouble)}</p>}
      {view.by === "sfu" && view.peers.length === 0 && <p>{t("way_seeking")}</p>}
      {TROUBLE.has(microphone) && <p>{t(microphone as "denied" | "missing" | "taken" | "insecure")}</p>}
      {isSilenced && (
        <p>
          {t("silenced")}{" "}
          <button type="button" data-testid="unsilence" onClick={() => call.unsilence()}>
            {t("hear")}
          </button>
        </p>
      )}
      {hushedBy !== null && (
        <p data-testid="hushed">
          {t("hushed", { name: nameOf(hushedBy) })}{" "}
          <button type="button" data-testid="hushed-mute" onClick={() => call.talk(false)}>
            {t("mute")}
          </button>
        </p>
      )}
    </div>
  );
}

function Person({ peer, name, onHush }: { peer: PeerView; name: string; onHush: (() => void) | null }) {
  const isOpen = peer.way === "open";
  return (
    <li data-testid="voice-peer" data-way={peer.way} data-level={peer.level} data-talking={peer.isTalking}>
      <b>{name}</b>
      <span>{peer.way === "open" ? t(peer.isTalking ? "speaks" : "silent") : t(`way_${peer.way}`)}</span>
      {isOpen && <Meter level={peer.level} />}
      {isOpen && peer.isTalking && onHush && (
        <button
          type="button"
          data-testid="hush"
          aria-label={t("hush", { name })}
          title={t("hush", { name })}
          onClick={onHush}
        >
          <Icon svg={micOff} />
        </button>
      )}
    </li>
  );
}

function Meter({ level }: { level: number }) {
  return (
    <span class="ui-voice-meter" aria-hidden="true">
      {[1, 2, 3, 4, 5].map((step) => (
        <i key={step} class={level >= step ? "is-lit" : ""} />
      ))}
    </span>
  );
}

const isPress = ({ key }: KeyboardEvent) => key === " " || key === "Enter";

function useTalkKey(button: TalkButton, shortcut: string | undefined): void {
  useEffect(() => {
    if (!shortcut) return;
    const isIt = (event: KeyboardEvent) =>
      event.key.toLowerCase() === shortcut &&
      !event.ctrlKey &&
      !event.metaKey &&
      !event.altKey &&
      !isTyping(event.target) &&
      !document.querySelector("dialog[open]");
    const down = (event: KeyboardEvent) => isIt(event) && button.press();
    const up = (event: KeyboardEvent) => event.key.toLowerCase() === shortcut && button.release();
    const away = () => button.release(); // the key is let go where nobody tells this page
    addEventListener("keydown", down);
    addEventListener("keyup", up);
    addEventListener("blur", away);
    return () => {
      removeEventListener("keydown", down);
      removeEventListener("keyup", up);
      removeEventListener("blur", away);
    };
  }, [button, shortcut]);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}
