// Runs before the first paint: says that scripts work and keeps the large text (大字版).
document.documentElement.classList.add("js");
try {
  if (localStorage.getItem("portal-text") === "large") document.documentElement.classList.add("large");
} catch { /* storage is closed: the switch then lasts for one page */ }
