// Comfort of the code pages: the picture counts down, covers itself when its minute is over, and asks for the next
// one when the page comes back into sight. Without this file there is a button.
(() => {
  const seen = new WeakMap();
  const left = (box) => {
    if (!seen.has(box)) seen.set(box, Date.now());
    return Number(box.dataset.portalSeconds) - Math.floor((Date.now() - seen.get(box)) / 1000);
  };
  const box = () => document.querySelector("[data-portal-code]");
  const tick = () => {
    const shown = box();
    if (!shown) return;
    const seconds = left(shown);
    shown.classList.toggle("over", seconds <= 0);
    shown.querySelector("[data-portal-left]").textContent =
      seconds > 0 ? `${seconds} 秒内有效，只能用一次` : "已过期，请刷新";
  };
  const again = () => {
    const shown = box();
    if (shown && !document.hidden && left(shown) < 30) shown.dispatchEvent(new Event("portal-again"));
  };
  setInterval(tick, 1000);
  tick();
  document.addEventListener("visibilitychange", again);
  window.addEventListener("pageshow", again);
  document.querySelector("[data-portal-print]")?.addEventListener("click", () => window.print());
})();
