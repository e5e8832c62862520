import { expect, test } from "vitest";
import { utf8Bytes } from "./utf8";

test.each(["", "port 37", "é", "請檢查第 37 埠", "😀 ok", '[{"text":"已遮蔽"}]'])(
  "%j takes as many bytes as it is long in UTF-8",
  (text) => {
    expect(utf8Bytes(text)).toBe(new TextEncoder().encode(text).byteLength);
  },
);
