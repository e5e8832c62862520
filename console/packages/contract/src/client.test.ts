import { describe, expect, test } from "vitest";
import { answer, createApi, Refusal, Unreachable } from "./client";

function apiAnswering(response: Response | Error) {
  const asked: Request[] = [];
  const fetchLike = async (input: RequestInfo | URL) => {
    asked.push(input as Request);
    if (response instanceof Error) throw response;
    return response;
  };
  return { api: createApi("http://service.test/api/v1", fetchLike as typeof fetch), asked };
}

const json = (status: number, body: unknown) =>
  new Response(JSON.stringify(body), {
    status,
    headers: { "Content-Type": status < 400 ? "application/json" : "application/problem+json" },
  });

describe("the REST client", () => {
  test("asks below /api/v1 and returns what was answered", async () => {
    const { api, asked } = apiAnswering(json(200, { display_name: "Expert" }));
    const me = await answer(api.GET("/me"));
    expect(me.display_name).toBe("Expert");
    expect(asked[0]!.url).toBe("http://service.test/api/v1/me");
  });

  test("throws problem details as a Refusal", async () => {
    const problem = {
      type: "about:blank",
      title: "Who?",
      status: 401,
      code: "unauthenticated",
      detail: "Sign in.",
      errors: [],
    };
    const { api } = apiAnswering(json(401, problem));
    const refusal = await answer(api.GET("/me")).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(Refusal);
    expect(refusal).toMatchObject({ status: 401, code: "unauthenticated", detail: "Sign in." });
    expect((refusal as Refusal).isUnauthenticated).toBe(true);
  });

  test("makes a Refusal of a proxy's page too", async () => {
    const { api } = apiAnswering(new Response("<h1>Bad gateway</h1>", { status: 502 }));
    await expect(answer(api.GET("/me"))).rejects.toMatchObject({ status: 502, code: "http_error" });
  });

  test("says Unreachable when no answer comes", async () => {
    const { api } = apiAnswering(new TypeError("Failed to fetch"));
    await expect(answer(api.GET("/me"))).rejects.toBeInstanceOf(Unreachable);
  });
});
