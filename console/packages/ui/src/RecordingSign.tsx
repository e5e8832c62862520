/** The sign of both apps that somebody records, for as long as they do; and the question whether they may. */
import type { Participant, Recording } from "@nearhand/contract";
import { Button } from "./Button";
import { words } from "./i18n";

const t = words({
  recording: ["Recording", "錄製中", "录制中"],
  asked: ["Recording is asked for", "有人請求錄製", "有人请求录制"],
  paused: ["Recording is paused", "錄製已暫停", "录制已暂停"],
  wants: [
    "{name} wants to record the picture and all voices of this session. Nothing is recorded until everybody agrees.",
    "{name} 想錄製這次通話的畫面與所有語音。在所有人同意之前不會錄製。",
    "{name} 想录制这次通话的画面与所有语音。在所有人同意之前不会录制。",
  ],
  waits: ["Waiting for {names}", "等待 {names}", "等待 {names}"],
  agree: ["Agree", "同意", "同意"],
  refuse: ["Do not agree", "不同意", "不同意"],
  stop: ["Stop recording", "停止錄製", "停止录制"],
  giveUp: ["Withdraw", "撤回", "撤回"],
});

interface RecordingSignProps {
  readonly recording: Recording | null;
  readonly you: Participant | null;
  readonly participants: readonly Participant[];
  readonly present: readonly string[];
  /** What else the one who records is to know. */
  readonly note?: string | undefined;
  readonly onAgree: (id: string, yes: boolean) => void;
  readonly onEnd: (id: string) => void;
}

export function RecordingSign(props: RecordingSignProps) {
  const { recording, you, participants, present, note, onAgree, onEnd } = props;
  if (!recording || recording.state === "ended") return <div role="status" class="ui-unseen" />;
  const { id, by, state, agreed } = recording;
  const nameOf = (of: string) => participants.find((each) => each.id === of)?.display_name ?? "";
  const others = present.filter((each) => !agreed.includes(each)).map(nameOf);
  const isAsked = you !== null && !agreed.includes(you.id);
  const word = state === "running" ? "recording" : state;
  return (
    <div class={`ui-recording is-${state}`} role="status" data-testid="recording" data-state={state}>
      <b>
        <i aria-hidden="true" />
        {t(word)}
      </b>
      {isAsked && <span>{t("wants", { name: nameOf(by) })}</span>}
      {!isAsked && others.length > 0 && <span>{t("waits", { names: others.join(", ") })}</span>}
      {note && <span class="ui-recording-note">{note}</span>}
      <span class="ui-recording-acts">
        {isAsked && (
          <>
            <Button look="primary" onClick={() => onAgree(id, true)} data-testid="recording-agree">
              {t("agree")}
            </Button>
            <Button onClick={() => onAgree(id, false)} data-testid="recording-refuse">
              {t("refuse")}
            </Button>
          </>
        )}
        {!isAsked && (
          <Button onClick={() => onEnd(id)} data-testid="recording-end">
            {t(state === "asked" ? "giveUp" : "stop")}
          </Button>
        )}
      </span>
    </div>
  );
}
