/** Voice notes: held to record, played by one large button, and in words while nobody else can hear them. */
import { MAX_NOTE_MS, type Recording, VoiceRecorder, type WaitingNote } from "@nearhand/live/hall";
import mic from "lucide-static/icons/mic.svg?raw";
import pause from "lucide-static/icons/pause.svg?raw";
import play from "lucide-static/icons/play.svg?raw";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { timer } from "../format";
import { Icon } from "../Icon";
import { words } from "../i18n";

const t = words({
  hold: ["Hold to record a note", "按住錄語音訊息", "按住录语音消息"],
  recording: [
    "Recording {time} · let go to send",
    "錄音中 {time} · 放開即傳送",
    "录音中 {time} · 松开即发送",
  ],
  asking: ["Allow the microphone…", "請允許使用麥克風…", "请允许使用麦克风…"],
  denied: ["The microphone is not allowed.", "未允許使用麥克風。", "未允许使用麦克风。"],
  missing: ["Nothing can be recorded here.", "此處無法錄音。", "此处无法录音。"],
  short: ["Too short: hold while you speak.", "太短了：說話時請按住。", "太短了：说话时请按住。"],
  play: ["Play the voice note, {time}", "播放語音訊息，{time}", "播放语音消息，{time}"],
  stop: ["Stop", "停止", "停止"],
  lost: ["It cannot be played here.", "此處無法播放。", "此处无法播放。"],
  waits: [
    "Voice note {time}: kept here until it is sent",
    "語音訊息 {time}：暫存於此，待傳送",
    "语音消息 {time}：暂存于此，待发送",
  ],
});

const LEAST_MS = 400;
const TICK_MS = 200;

export function HoldToRecord({ onRecorded }: { onRecorded: (recording: Recording) => void }) {
  const [, redraw] = useState(0);
  const [isShort, setShort] = useState(false);
  const told = useRef(onRecorded);
  told.current = onRecorded;
  const recorder = useMemo(
    () =>
      new VoiceRecorder(
        () => redraw((n) => n + 1),
        (recording) => {
          const isEnough = recording !== null && recording.durationMs >= LEAST_MS;
          setShort(!isEnough);
          if (isEnough) told.current(recording);
        },
      ),
    [],
  );
  useEffect(() => {
    const ticking = setInterval(() => recorder.state === "recording" && redraw((n) => n + 1), TICK_MS);
    const away = () => document.hidden && recorder.stop();
    document.addEventListener("visibilitychange", away);
    return () => {
      clearInterval(ticking);
      document.removeEventListener("visibilitychange", away);
      recorder.stop();
    };
  }, [recorder]);
  const { state } = recorder;
  const isOn = state === "recording";
  const label = isOn
    ? t("recording", { time: timer(recorder.elapsedMs) })
    : t(state === "idle" ? "hold" : state);
  const press = () => {
    setShort(false);
    void recorder.start();
  };
  return (
    <div class="ui-note">
      <button
        type="button"
        class={isOn ? "ui-note-record is-on" : "ui-note-record"}
        data-testid="note-record"
        data-state={state}
        aria-pressed={isOn}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          press();
        }}
        onPointerUp={() => recorder.stop()}
        onPointerCancel={() => recorder.stop()}
        onContextMenu={(event) => event.preventDefault()}
        onKeyDown={(event) => isPress(event) && !event.repeat && press()}
        onKeyUp={(event) => isPress(event) && recorder.stop()}
      >
        <Icon svg={mic} size={24} /> <span>{label}</span>
      </button>
      {isOn && <progress max={MAX_NOTE_MS} value={recorder.elapsedMs} aria-hidden="true" />}
      <p role="status">{isShort && t("short")}</p>
    </div>
  );
}

const isPress = ({ key }: KeyboardEvent) => key === " " || key === "Enter";

export function NotePlayer({ src, durationMs }: { src: string; durationMs: number }) {
  const audio = useRef<HTMLAudioElement>(null);
  const [isOn, setOn] = useState(false);
  const [isLost, setLost] = useState(false);
  const time = timer(durationMs);
  const toggle = () => {
    const element = audio.current!;
    if (!element.paused) return element.pause();
    element.play().catch(() => setLost(true));
  };
  if (isLost) return <p class="ui-note-lost">{t("lost")}</p>;
  return (
    <button
      type="button"
      class="ui-note-play"
      aria-label={isOn ? t("stop") : t("play", { time })}
      data-testid="note-play"
      data-on={isOn}
      onClick={toggle}
    >
      <Icon svg={isOn ? pause : play} size={24} /> <span>{time}</span>
      <audio
        ref={audio}
        src={src}
        preload="none"
        onPlay={() => setOn(true)}
        onPause={() => setOn(false)}
        onEnded={() => setOn(false)}
        onError={() => setLost(true)}
      />
    </button>
  );
}

/** Of one's own: said by nobody yet. */
export function WaitingNotes({ notes }: { notes: readonly WaitingNote[] }) {
  if (notes.length === 0) return null;
  return (
    <ul class="ui-notes-waiting" data-testid="notes-waiting">
      {notes.map(({ id, durationMs }) => (
        <li key={id}>{t("waits", { time: timer(durationMs) })}</li>
      ))}
    </ul>
  );
}
