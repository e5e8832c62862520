/** Says that a device bears tags which another one of its rack bears too, and what ends that. */
import type { TagClash } from "@nearhand/contract";
import { paths } from "../routes";
import { t } from "./words";

export function TagClashes({ deviceId, clashes }: { deviceId: string; clashes: readonly TagClash[] }) {
  if (clashes.length === 0) return null;
  const others = new Map(
    clashes
      .flatMap((clash) => clash.bearers)
      .filter((bearer) => bearer.device_id !== deviceId)
      .map((bearer) => [bearer.device_id, bearer.asset_tag]),
  );
  return (
    <p class="band band-amber" role="status" data-testid="tag-clashes">
      <span>
        {t("tagClash", { tags: clashes.map((clash) => clash.tag_id).join(", ") })}{" "}
        {[...others].map(([id, tag]) => (
          <a key={id} class="tag" href={paths.device(id)}>
            {tag}
          </a>
        ))}
        . {t("tagClashHint")}
      </span>
    </p>
  );
}
