/** Lines of ours that nobody else can read: on their way, waiting for the link, or refused. */
import type { Link, OpenSession, RefusedWish } from "@nearhand/live";
import { signal } from "@preact/signals";

/** `stopped`: nothing goes out until the person does what the notice above the desk says. */
export type Way = "sending" | "waiting" | "stopped";

export function wayOf(link: Link): Way {
  switch (link.state) {
    case "open":
      return "sending";
    case "connecting":
    case "waiting":
      return "waiting";
    case "stopped":
      return "stopped";
  }
}

export interface RefusedLine extends Pick<RefusedWish, "n" | "code" | "title" | "detail"> {
  readonly text: string;
}

/** A refused line has left the outbox: it stays here, with its words, until it is sent again or given up. */
export class RefusedLines {
  readonly all = signal<readonly RefusedLine[]>([]);
  readonly leave: () => void;

  constructor(
    private readonly session: Pick<OpenSession, "commands"> & {
      live: Pick<OpenSession["live"], "onRefused">;
    },
  ) {
    this.leave = session.live.onRefused(({ n, code, title, detail, wish }) => {
      if (wish?.type === "chat.say")
        this.all.value = [...this.all.value, { n, code, title, detail, text: wish.text }];
    });
  }

  sayAgain(line: RefusedLine): void {
    this.giveUp(line);
    this.session.commands.say(line.text);
  }

  giveUp(line: RefusedLine): void {
    this.all.value = this.all.value.filter((other) => other !== line);
  }
}
