// A certified OpenID provider for the tests: who signs in as what is read from a file that the tests rewrite.
import { readFileSync } from "node:fs";
import Provider from "oidc-provider";

const { port, people, clients } = JSON.parse(process.env.PROVIDER);
const known = () => JSON.parse(readFileSync(people, "utf8"));

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients,
  cookies: { keys: ["of no worth"] },
  claims: {
    openid: ["sub", "amr", "auth_time"],
    profile: ["name", "preferred_username", "groups"],
  },
  // What belongs to a scope is told at userinfo only, as the standard has it.
  conformIdTokenClaims: true,
  features: {
    devInteractions: { enabled: false },
    backchannelLogout: { enabled: true },
    rpInitiatedLogout: { enabled: true },
  },
  // Without the guard that keeps it from asking this machine itself, where the service of the tests is.
  fetch: (url, { dispatcher, ...options }) => globalThis.fetch(url, options),
  pkce: { required: () => true },
  interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id, ...known()[id]?.claims }) }),
  // Nobody is asked whether this service may know them.
  async loadExistingGrant(ctx) {
    const grant = new ctx.oidc.provider.Grant({
      clientId: ctx.oidc.client.clientId,
      accountId: ctx.oidc.session.accountId,
    });
    grant.addOIDCScope("openid profile");
    await grant.save();
    return grant;
  },
});

const form = `<!doctype html><title>Provider</title><h1>The house's sign-in</h1><form method="post">
<input name="login" aria-label="Who"><button name="act" value="in">In</button><button name="act" value="no">No</button></form>`;

async function body(request) {
  let text = "";
  for await (const piece of request) text += piece;
  return new URLSearchParams(text);
}

provider.use(async (ctx, next) => {
  if (!ctx.path.startsWith("/interaction/")) return next();
  if (ctx.method === "GET") {
    ctx.type = "html";
    ctx.body = form;
    return;
  }
  const given = await body(ctx.req);
  const accountId = given.get("login");
  const result =
    given.get("act") === "no" ? { error: "access_denied" } : { login: { accountId, ...known()[accountId]?.login } };
  ctx.respond = false;
  await provider.interactionFinished(ctx.req, ctx.res, result, { mergeWithLastSubmission: false });
});

provider.listen(port, "127.0.0.1", () => console.log("ready"));
