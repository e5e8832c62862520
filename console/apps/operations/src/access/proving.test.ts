import { Refusal } from "@nearhand/contract";
import { afterEach, describe, expect, it, vi } from "vitest";
import { NotProved, proofWanted, proved } from "./proving";

afterEach(() => void (proofWanted.value = null));

const stale = new Refusal(403, "confirm_first", "Prove again that it is you", "");

describe("an act that wants a fresh proof", () => {
  it("is done once more when it was given", async () => {
    const act = vi.fn().mockRejectedValueOnce(stale).mockResolvedValueOnce("done");
    const asked = proved(act);
    await vi.waitFor(() => expect(proofWanted.value).not.toBeNull());
    proofWanted.value?.(true);
    expect(await asked).toBe("done");
    expect(proofWanted.value).toBeNull();
  });

  it("is given up with the question", async () => {
    const act = vi.fn().mockRejectedValue(stale);
    const asked = proved(act);
    await vi.waitFor(() => expect(proofWanted.value).not.toBeNull());
    proofWanted.value?.(false);
    await expect(asked).rejects.toBeInstanceOf(NotProved);
    expect(act).toHaveBeenCalledTimes(1);
  });

  it("fails for any other reason at once", async () => {
    const other = new Refusal(409, "last_factor", "", "");
    await expect(proved(() => Promise.reject(other))).rejects.toBe(other);
    expect(proofWanted.value).toBeNull();
  });
});
