// Comfort only: every page works without this file. Hooks are data-portal-* attributes.
(() => {
  const root = document.documentElement;
  const all = (selector, inside = document) => [...inside.querySelectorAll(selector)];
  const keep = (name, value) => { try { localStorage.setItem(name, value); } catch { /* closed */ } };
  const kept = (name) => { try { return localStorage.getItem(name); } catch { return null; } };

  // 大字版
  for (const button of all("[data-portal-text-size]")) {
    const name = () => { button.textContent = root.classList.contains("large") ? "标准字" : "大字版"; };
    button.addEventListener("click", () => {
      keep("portal-text", root.classList.toggle("large") ? "large" : "");
      name();
    });
    name();
  }

  // After a refused form the summary speaks first; its links go to the field itself.
  const control = (id) => {
    const target = document.getElementById(id);
    return target?.matches("input, select, textarea") ? target : target?.querySelector("input, select, textarea") ?? target;
  };
  for (const summary of all("[data-portal-error-summary]")) {
    summary.focus();
    summary.addEventListener("click", (event) => {
      const link = event.target.closest("a[href^='#']");
      const field = link && control(link.hash.slice(1));
      if (!field) return;
      event.preventDefault();
      field.scrollIntoView({ block: "center" });
      field.focus({ preventScroll: true });
    });
  }

  // Leaving with unsaved words asks first.
  let dirty = false;
  document.addEventListener("input", (event) => { if (event.target.closest("form[data-portal-dirty]")) dirty = true; });
  window.addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });

  // One click is one request.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || form.hasAttribute("hx-post")) return;
    if (form.dataset.portalSent && !form.hasAttribute("data-portal-again")) { event.preventDefault(); return; }
    form.dataset.portalSent = "yes";
    dirty = false;
    event.submitter?.setAttribute("aria-busy", "true");
  });
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    for (const form of all("form[data-portal-sent]")) delete form.dataset.portalSent;
    for (const button of all("[aria-busy]")) button.removeAttribute("aria-busy");
  });

  // Repeating rows of a formset: add from the template, take away by its DELETE box.
  const number = (list) => all(".repeat-row:not([hidden]) [data-portal-row-number]", list).forEach((place, index) => { place.textContent = index + 1; });
  for (const repeat of all("[data-portal-repeat]")) {
    const list = repeat.querySelector("[data-portal-rows-of]");
    const total = document.getElementById(`id_${repeat.dataset.portalRepeat}-TOTAL_FORMS`);
    const most = Number(document.getElementById(`id_${repeat.dataset.portalRepeat}-MAX_NUM_FORMS`)?.value || 1000);
    const soften = (row) => {
      const box = row.querySelector("input[name$='-DELETE']");
      if (!box) return;
      const button = Object.assign(document.createElement("button"), { type: "button", className: "link", textContent: box.closest("label").textContent.trim() });
      button.addEventListener("click", () => {
        box.checked = true;
        row.hidden = true;
        dirty = true;
        number(list);
        repeat.querySelector("[data-portal-add]").focus();
      });
      box.closest("label").hidden = true;
      box.closest("label").after(button);
      row.hidden = box.checked;
    };
    all(".repeat-row", list).forEach(soften);
    number(list);
    repeat.querySelector("[data-portal-add]").addEventListener("click", (event) => {
      if (!total || Number(total.value) >= most) return;
      event.preventDefault();
      const holder = document.createElement("div");
      holder.innerHTML = repeat.querySelector("template").innerHTML.replaceAll("__prefix__", total.value);
      const row = holder.querySelector(".repeat-row");
      total.value = Number(total.value) + 1;
      list.append(row);
      soften(row);
      number(list);
      row.querySelector("input, select, textarea")?.focus();
    });
  }

  // A file field says in Chinese what is chosen, whatever the browser speaks. The field itself stays on top, invisible.
  const dress = (input) => {
    const box = Object.assign(document.createElement("div"), { className: "file" });
    const button = Object.assign(document.createElement("span"), { className: "button quiet", textContent: "选择文件" });
    const words = document.createElement("span");
    const show = () => {
      const names = [...input.files].map((file) => file.name);
      words.textContent = names.length ? `已选 ${names.length} 个：${names.join("、")}` : "尚未选择，也可以拖到这里";
      box.classList.toggle("full", names.length > 0);
    };
    for (const part of [button, words]) part.setAttribute("aria-hidden", "true");
    input.replaceWith(box);
    box.append(button, words, input);
    input.addEventListener("change", show);
    show();
  };
  all(".field input[type=file], .upload input[type=file]").forEach(dress);

  // Single keys of the desk: a link is followed, a button or a field only gets the focus (Enter confirms).
  // J and K walk through the rows of a table marked data-portal-rows.
  let keysOn = kept("portal-keys") !== "off";
  const typing = (element) => element.closest("input:not([type=checkbox], [type=radio], [type=submit]), select, textarea, [contenteditable]");
  const walk = (step) => {
    const links = all("[data-portal-rows] tbody tr").map((row) => row.querySelector("a")).filter(Boolean);
    const at = links.findIndex((link) => link.closest("tr").contains(document.activeElement));
    links[Math.min(links.length - 1, Math.max(0, at + step))]?.focus();
  };
  document.addEventListener("keydown", (event) => {
    if (!keysOn || event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const key = event.key.toLowerCase();
    if (key === "j" || key === "k") { walk(key === "j" ? 1 : -1); return; }
    const target = all("[data-portal-key]").find((element) => element.dataset.portalKey === key && element.offsetParent);
    if (!target) return;
    event.preventDefault();
    if (target.matches("a[href]")) target.click();
    else { target.scrollIntoView({ block: "center" }); target.focus(); }
  });
  for (const button of all("[data-portal-keys-switch]")) {
    const show = () => { button.textContent = keysOn ? "关闭单键操作" : "打开单键操作"; };
    button.addEventListener("click", () => { keysOn = !keysOn; keep("portal-keys", keysOn ? "on" : "off"); show(); });
    show();
  }

  // A filter applies itself where the form asks for it.
  document.addEventListener("change", (event) => { event.target.closest("form[data-portal-apply]")?.requestSubmit(); });

  // What is recommended for the first time comes forward; put away, it stays on the page as a section.
  for (const popup of all("dialog[data-portal-popup]")) {
    const title = popup.querySelector("[tabindex='-1']");
    const putAway = () => { popup.classList.remove("forward"); title?.focus({ preventScroll: true }); };
    popup.classList.add("forward");
    title?.focus();
    popup.querySelector("[data-portal-put-away]")?.addEventListener("click", putAway);
    popup.addEventListener("keydown", (event) => { if (event.key === "Escape") putAway(); });
    const shown = popup.querySelector("form[data-portal-shown]");
    if (shown) fetch(shown.action, { method: "POST", body: new FormData(shown) }).catch(() => { /* not counted */ });
  }

  for (const button of all("[data-portal-print]")) button.addEventListener("click", () => window.print());
})();
