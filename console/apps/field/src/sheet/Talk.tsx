/** The talk with the expert: large signals, words, and the end of it. */
import { clock, Icon, signalWord } from "@nearhand/ui";
import { useState } from "preact/hooks";
import { closePanel } from "../hud/panels";
import { go } from "../routes";
import { SIGNALS } from "../session/BigSignal";
import { Later } from "../hud/Later";
import { hall } from "../session/part";
import { isLive, nameOf, open, room } from "../session/room";
import { t } from "../words/talk";

export function Talk() {
  const view = room.value;
  if (!view) return null;
  return (
    <div class="talk">
      {isLive.value && <Signals />}
      {isLive.value && <Later part={hall}>{({ HallTalk }) => <HallTalk />}</Later>}
      <Approvals />
      <Chat />
      {isLive.value ? <EndSession /> : <Leave />}
    </div>
  );
}

function Signals() {
  return (
    <section>
      <h3>{t("signals")}</h3>
      <div class="signals">
        {SIGNALS.map(({ signal, svg }) => (
          <button
            key={signal}
            type="button"
            class={`big is-${signal}`}
            onClick={() => {
              open.value?.commands.signal(signal);
              closePanel();
            }}
          >
            <Icon svg={svg} size={24} />
            {signalWord(signal)}
          </button>
        ))}
      </div>
    </section>
  );
}

function Approvals() {
  const view = room.value!;
  const [what, setWhat] = useState("");
  const mayAsk = isLive.value && !view.isElsewhere && view.you?.role !== "observer";
  if (!mayAsk && view.approvals.length === 0) return null;
  return (
    <section>
      <h3>{t("approvals")}</h3>
      <ol class="chat" data-testid="approvals">
        {view.approvals.slice(-20).map((asked) => (
          <li key={asked.id}>
            <small>{t(asked.decision ?? "approval_waits")}</small>
            <span>
              {asked.what}
              {asked.reason && ` · ${asked.reason}`}
            </span>
          </li>
        ))}
      </ol>
      {mayAsk && (
        <form
          class="say"
          onSubmit={(event) => {
            event.preventDefault();
            open.value?.commands.askApproval(what.trim(), view.device?.device_id);
            setWhat("");
          }}
        >
          <label>
            <span class="unseen">{t("approval_what")}</span>
            <input
              value={what}
              maxLength={500}
              placeholder={t("approval_what")}
              onInput={(e) => setWhat(e.currentTarget.value)}
            />
          </label>
          <button class="big" disabled={!what.trim()}>
            {t("approval_ask")}
          </button>
        </form>
      )}
    </section>
  );
}

function Chat() {
  const view = room.value!;
  const [text, setText] = useState("");
  const Line = hall.here.value?.Line;
  return (
    <section>
      <h3>{t("chat")}</h3>
      <ol class="chat">
        {view.chat.length + view.pending.lines.length === 0 && <li class="soft">{t("no_chat")}</li>}
        {view.chat.slice(-100).map(({ seq, by, at, ...said }) => (
          <li key={seq} class={by === view.you?.id ? "is-mine" : ""}>
            <small>
              {by === view.you?.id ? t("you") : nameOf(by)} · {clock(at)}
            </small>
            <span>{Line ? <Line line={said} /> : said.text}</span>
          </li>
        ))}
        {view.pending.lines.map(({ n, ...said }) => (
          <li key={`unsent-${n}`} class="is-mine is-unsent" data-testid="line-unsent">
            <small>{t(view.link.state === "open" ? "line_sending" : "line_waiting")}</small>
            <span>{Line ? <Line line={said} /> : said.text}</span>
          </li>
        ))}
      </ol>
      {isLive.value && (
        <form
          class="say"
          onSubmit={(event) => {
            event.preventDefault();
            open.value?.commands.say(text);
            setText("");
          }}
        >
          <label>
            <span class="unseen">{t("say")}</span>
            <input
              value={text}
              maxLength={2000}
              placeholder={t("say")}
              onInput={(e) => setText(e.currentTarget.value)}
            />
          </label>
          <button class="big" disabled={!text.trim()}>
            {t("send")}
          </button>
        </form>
      )}
    </section>
  );
}

function EndSession() {
  const [isAsked, setAsked] = useState(false);
  if (!isAsked)
    return (
      <button type="button" class="big danger" onClick={() => setAsked(true)}>
        {t("end")}
      </button>
    );
  return (
    <div class="sure" role="group" aria-label={t("end_sure")}>
      <p>{t("end_sure")}</p>
      <button type="button" class="big" onClick={() => setAsked(false)}>
        {t("keep_on")}
      </button>
      <button
        type="button"
        class="big danger"
        onClick={() => {
          open.value?.commands.end();
          setAsked(false);
        }}
      >
        {t("end")}
      </button>
    </div>
  );
}

function Leave() {
  return (
    <button
      type="button"
      class="big primary"
      onClick={() => {
        closePanel();
        go({ page: "scan" });
      }}
    >
      {t("leave")}
    </button>
  );
}
