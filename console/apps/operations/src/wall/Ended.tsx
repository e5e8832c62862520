/** Sessions that are over, newest first: each can be seen again. Of one device, or of all. */
import { API, type Session } from "@nearhand/contract";
import { Button, dateTime, EmptyState, Icon, Skeleton, timer, useLoad } from "@nearhand/ui";
import { useSignal } from "@preact/signals";
import history from "lucide-static/icons/history.svg?raw";
import { t as tReplay } from "../replay/words";
import { get, type Page } from "../rest";
import { paths } from "../routes";
import { Shown } from "../shell/Shown";
import { t } from "./words";

const AT_ONCE = 12;

export function Ended({ deviceId }: { deviceId?: string }) {
  const limit = useSignal(AT_ONCE);
  const ended = useLoad(`${deviceId ?? ""}/${limit.value}`, (signal) =>
    get<Page<Session>>(
      "/sessions",
      { status: "ended", limit: limit.value, device_id: deviceId ?? null },
      signal,
    ),
  );
  return (
    <Shown of={ended} skeleton={<Skeleton rows={3} height={40} />}>
      {({ items, total }) =>
        items.length === 0 ? (
          <EmptyState icon={history} title={tReplay(deviceId ? "noSessions" : "noneEnded")}>
            <p>{tReplay("endedHint")}</p>
          </EmptyState>
        ) : (
          <>
            <ul class="ended">
              {items.map((session) => (
                <li key={session.id}>
                  <a href={paths.replay(session.id)} data-testid="ended-session">
                    {session.last_still_sha256 ? (
                      <img
                        src={`${API}/sessions/${session.id}/stills/${session.last_still_sha256}`}
                        alt=""
                        loading="lazy"
                      />
                    ) : (
                      <span class="ended-blank">
                        <Icon svg={history} />
                      </span>
                    )}
                    <span class="ended-words">
                      <b>{session.subject || t("noSubject")}</b>
                      <span class="soft">
                        {[dateTime(session.opened_at), lengthOf(session), session.opened_by_name]
                          .filter(Boolean)
                          .join(" · ")}
                      </span>
                    </span>
                    <span class="ui-button">{tReplay("replay")}</span>
                  </a>
                </li>
              ))}
            </ul>
            {total > items.length && (
              <Button onClick={() => (limit.value += AT_ONCE)}>{tReplay("more")}</Button>
            )}
          </>
        )
      }
    </Shown>
  );
}

function lengthOf({ opened_at, ended_at }: Session): string {
  return ended_at ? timer(Date.parse(ended_at) - Date.parse(opened_at)) : "";
}
