/** A recording to take along as a video, its marks drawn on it: made while this waits, and stopped when it no longer does. */
import type { RecordingFile } from "@nearhand/contract";
import { Button, dateTime, notify } from "@nearhand/ui";
import { useSignal } from "@preact/signals";
import clapperboard from "lucide-static/icons/clapperboard.svg?raw";
import { useEffect, useRef } from "preact/hooks";
import { download } from "../rest";
import { sentence } from "../shell/Shown";
import { t } from "./words";

interface BurnedVideoProps {
  sessionId: string;
  file: RecordingFile;
  /** One of several: each says when it began. */
  isOneOfMany: boolean;
}

export function BurnedVideo({ sessionId, file, isOneOfMany }: BurnedVideoProps) {
  const isMaking = useSignal(false);
  const work = useRef<AbortController | null>(null);
  useEffect(() => () => work.current?.abort(), []);
  const { id, began_at } = file.recording;
  const make = async () => {
    const { signal } = (work.current = new AbortController());
    isMaking.value = true;
    try {
      await download(`/sessions/${sessionId}/recordings/${id}/video`, `session-${sessionId}.webm`, {
        signal,
      });
    } catch (error) {
      if (!signal.aborted) notify(sentence(error), "bad");
    }
    isMaking.value = false;
  };
  const name = isOneOfMany ? t("burnedOf", { from: dateTime(began_at ?? "") }) : t("burned");
  return (
    <>
      <Button
        icon={clapperboard}
        isBusy={isMaking.value}
        onClick={() => void make()}
        title={t("burnedHint")}
        data-testid="download-video"
      >
        {isMaking.value ? t("burning") : name}
      </Button>
      {isMaking.value && <Button onClick={() => work.current?.abort()}>{t("burnStop")}</Button>}
    </>
  );
}
