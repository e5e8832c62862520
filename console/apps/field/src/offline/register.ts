/** Install the service worker that keeps the app itself usable without a network. */

export function keepShellOffline(): void {
  if (!("serviceWorker" in navigator) || !import.meta.env.PROD) return;
  addEventListener("load", () => void navigator.serviceWorker.register("/field/sw.js", { scope: "/field/" }));
}
