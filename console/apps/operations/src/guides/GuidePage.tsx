/** One guide, to read. */
import type { Guide } from "@nearhand/contract";
import { localText, useLoad } from "@nearhand/ui";
import { get } from "../rest";
import { Shown } from "../shell/Shown";
import { Steps } from "./Steps";

export function GuidePage({ id }: { id: string }) {
  const guide = useLoad(id, (signal) => get<Guide>(`/guides/${id}`, {}, signal));
  return (
    <div class="page">
      <Shown of={guide}>
        {(data) => (
          <>
            <header class="page-head">
              <h1>{localText(data.title)}</h1>
            </header>
            <Steps guide={data} isUntitled />
          </>
        )}
      </Shown>
    </div>
  );
}
