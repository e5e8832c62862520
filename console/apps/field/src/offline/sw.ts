/** The service worker: keeps the app's own files, and pictures and documents that were opened. */

// The build puts the list of files here, and a fingerprint of them, so that a new version is a new cache.
const SHELL = "__SHELL__" as unknown as string[];
const VERSION = "__VERSION__";
const SHELL_CACHE = `shell-${VERSION}`;
const MEDIA_CACHE = "media";
const MEDIA_KEPT = 200;
const MEDIA = /^\/api\/v1\/(pictures\/|documents\/[^/]+\/(file|html|pages\/))/;

const scope = self as unknown as ServiceWorkerGlobalScope;

scope.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(SHELL_CACHE)
      .then((cache) => cache.addAll(SHELL))
      .then(() => scope.skipWaiting()),
  );
});

scope.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => names.filter((name) => name.startsWith("shell-") && name !== SHELL_CACHE))
      .then((old) => Promise.all(old.map((name) => caches.delete(name))))
      .then(() => scope.clients.claim()),
  );
});

scope.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== scope.location.origin) return;
  if (request.mode === "navigate" && url.pathname.startsWith("/field/")) event.respondWith(page(request));
  else if (SHELL.includes(url.pathname)) event.respondWith(shellFile(request));
  else if (MEDIA.test(url.pathname) && !request.headers.has("range")) event.respondWith(media(request));
});

/** The newest page when there is a network, else the kept one: every address is the same page. */
async function page(request: Request): Promise<Response> {
  try {
    const response = await fetch(request);
    if (response.ok) return response;
  } catch {
    // Out of reach.
  }
  return (await caches.match("/field/index.html")) ?? Response.error();
}

async function shellFile(request: Request): Promise<Response> {
  return (await caches.match(request, { ignoreVary: true })) ?? fetch(request);
}

/** Pictures are named by their content, so what is kept is right; the oldest go when there are many. */
async function media(request: Request): Promise<Response> {
  const cache = await caches.open(MEDIA_CACHE);
  const kept = await cache.match(request);
  if (kept) return kept;
  const response = await fetch(request);
  if (response.status === 200) {
    await cache.put(request, response.clone());
    const keys = await cache.keys();
    await Promise.all(keys.slice(0, Math.max(0, keys.length - MEDIA_KEPT)).map((key) => cache.delete(key)));
  }
  return response;
}
