/** One's own words as captions, understood on this device alone: never by a recogniser somewhere else. */

import type { CaptionSay } from "@nearhand/contract";

/** `elsewhere`: the browser could, but only by sending what is said to somebody else. `download`: its words come first. */
export type CaptionAbility = "none" | "elsewhere" | "download" | "ready";
export type OwnWords = Omit<CaptionSay, "type">;

interface Result {
  readonly isFinal: boolean;
  readonly 0?: { readonly transcript: string };
}

interface Recogniser {
  lang: string;
  continuous: boolean;
  interimResults: boolean;
  processLocally: boolean;
  onresult: ((event: { results: ArrayLike<Result>; resultIndex: number }) => void) | null;
  onend: (() => void) | null;
  onerror: ((event: { error: string }) => void) | null;
  start(): void;
  abort(): void;
}

interface Options {
  readonly langs: readonly string[];
  readonly processLocally: true;
}

export interface Recognition {
  new (): Recogniser;
  available?(options: Options): Promise<string>;
  install?(options: Options): Promise<boolean>;
}

const found = (): Recognition | undefined => {
  const scope = globalThis as { SpeechRecognition?: Recognition; webkitSpeechRecognition?: Recognition };
  return scope.SpeechRecognition ?? scope.webkitSpeechRecognition;
};

export async function captionAbility(
  language: string,
  recognition: Recognition | undefined = found(),
): Promise<CaptionAbility> {
  if (!recognition) return "none";
  // Without the word for it there is no way to be sure that nothing leaves the device.
  if (!recognition.available || !("processLocally" in recognition.prototype)) return "elsewhere";
  const answer = await recognition
    .available({ langs: [language], processLocally: true })
    .catch(() => "unavailable");
  if (answer === "available") return "ready";
  return answer === "downloadable" || answer === "downloading" ? "download" : "elsewhere";
}

const MAX_TEXT = 500;
const AGAIN_MS = 300;

export class OwnCaptions {
  #recogniser: Recogniser | null = null;
  #isOn = false;

  constructor(
    private readonly onWords: (words: OwnWords) => void,
    /** It ended for good: the browser refuses, or the words could not be fetched. */
    private readonly onEnd: () => void,
    private readonly recognition: Recognition | undefined = found(),
  ) {}

  get isOn(): boolean {
    return this.#isOn;
  }

  async start(language: string): Promise<void> {
    const { recognition } = this;
    this.#isOn = true;
    let ability = await captionAbility(language, recognition);
    if (ability === "download" && recognition?.install) {
      const isHere = await recognition
        .install({ langs: [language], processLocally: true })
        .catch(() => false);
      if (isHere) ability = "ready";
    }
    if (!this.#isOn) return;
    if (ability !== "ready" || !recognition) return this.#end();
    this.#listen(recognition, language);
  }

  stop(): void {
    this.#isOn = false;
    this.#recogniser?.abort();
    this.#recogniser = null;
  }

  #listen(recognition: Recognition, language: string): void {
    const recogniser = (this.#recogniser = new recognition());
    recogniser.lang = language;
    recogniser.continuous = true;
    recogniser.interimResults = true;
    recogniser.processLocally = true;
    recogniser.onresult = ({ results, resultIndex }) => {
      const newest = results[Math.max(resultIndex, results.length - 1)];
      const text = (newest?.[0]?.transcript ?? "").trim().slice(-MAX_TEXT);
      if (text) this.onWords({ text, language, is_final: newest!.isFinal });
    };
    recogniser.onerror = ({ error }) => {
      if (error !== "no-speech" && error !== "aborted") this.#end();
    };
    // After a silence the browser ends it by itself: while it is wanted it goes on.
    recogniser.onend = () => {
      if (this.#isOn && this.#recogniser === recogniser)
        setTimeout(() => this.#isOn && this.#listen(recognition, language), AGAIN_MS);
    };
    recogniser.start();
  }

  #end(): void {
    this.stop();
    this.onEnd();
  }
}
