// `cargo run` adds this to the pages that it serves. A published book doesn't have it.
(() => {
  let events;
  const banner = document.createElement("pre");
  banner.setAttribute("role", "alert");
  banner.style.cssText = "position:fixed;inset:auto 0 0;z-index:1000;max-height:50vh;margin:0;padding:1em;overflow:auto;"
    + "white-space:pre-wrap;background:#7f1d1d;color:#fff";

  const tell = ({ generation, problem }) => {
    if (generation !== GENERATION) return location.reload();
    banner.textContent = problem;
    problem ? document.body.append(banner) : banner.remove();
  };

  // A browser opens few connections to one host: only the page in view holds one.
  const follow = () => {
    events?.close();
    if (document.hidden) return;
    events = new EventSource("EVENTS");
    events.onmessage = (event) => tell(JSON.parse(event.data));
  };
  document.addEventListener("visibilitychange", follow);
  follow();
})();
