/** Show what was loaded; until then its skeleton, and when it failed, why and how to try again. */
import { Refusal, Unreachable } from "@nearhand/contract";
import { ErrorState, Skeleton, type Loaded } from "@nearhand/ui";
import type { ComponentChildren } from "preact";
import { t } from "../words";
import { refusalDetail, refusalTitle } from "./refusals";

interface ShownProps<T> {
  of: Loaded<T> & { reload: () => void };
  skeleton?: ComponentChildren;
  children: (data: T) => ComponentChildren;
}

export function Shown<T>({ of, skeleton, children }: ShownProps<T>) {
  if (of.data !== undefined) return <>{children(of.data)}</>;
  if (of.status === "failed") return <Failed error={of.error} retry={of.reload} />;
  return <>{skeleton ?? <Skeleton />}</>;
}

export function Failed({ error, retry }: { error: Error; retry?: () => void }) {
  const { title, detail } = explain(error);
  // What is not there will not be there at the next try either.
  if (error instanceof Refusal && error.status === 404)
    return (
      <ErrorState
        title={title}
        detail={t("goneHint")}
        retry={{ label: t("back"), run: () => history.back() }}
      />
    );
  return <ErrorState title={title} detail={detail} retry={retry && { label: t("retry"), run: retry }} />;
}

/** An error in words for the person in front of the screen. */
export function explain(error: unknown): { title: string; detail: string } {
  if (error instanceof Refusal) {
    const faults = error.errors.map((fault) =>
      [fault.where?.slice(1).join(" "), fault.message].filter(Boolean).join(": "),
    );
    return { title: refusalTitle(error), detail: faults.join(" · ") || refusalDetail(error.detail) };
  }
  if (error instanceof Unreachable) return { title: t("unreachable"), detail: t("unreachableDetail") };
  return { title: t("failed"), detail: error instanceof Error ? error.message : String(error) };
}

/** The sentence for a toast. */
export function sentence(error: unknown): string {
  const { title, detail } = explain(error);
  return detail && detail !== title ? `${title}. ${detail}` : title;
}
