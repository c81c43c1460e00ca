// The little that the pages need beside htmx. Everything works without it, only less quickly.
(() => {
  "use strict";

  const notice = () => document.getElementById("notice");
  const KEYS_OFF = "consentadmin-keys-off";

  // Times are shown in the viewer's zone: the server learns it from this cookie.
  const tellZone = () => {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (!zone) return;
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `zone=${zone}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
  };

  // What only works with JavaScript is hidden until it runs.
  const reveal = (root) => {
    root.querySelectorAll("[data-add-row], [data-remove-row], [data-open-keys], [data-key]")
      .forEach((element) => { element.hidden = false; });
  };

  // Keys. Single keys can be switched off (WCAG 2.1.4).
  const keysAreOn = () => {
    try { return localStorage.getItem(KEYS_OFF) === null; } catch { return true; }
  };
  const setKeys = (on) => {
    try { on ? localStorage.removeItem(KEYS_OFF) : localStorage.setItem(KEYS_OFF, "1"); } catch { /* as before */ }
  };
  const isTyping = (element) =>
    element instanceof Element && element.closest("input, textarea, select, [contenteditable]") !== null;

  const openKeys = () => {
    const dialog = document.getElementById("keys");
    if (!dialog || dialog.open) return;
    dialog.querySelector("[data-use-keys]").checked = keysAreOn();
    dialog.showModal();
  };

  const lookUp = () => {
    const box = document.querySelector("[data-look-up]");
    if (box) { box.focus(); box.select(); return true; }
    const link = document.querySelector("[data-look-up-page]");
    if (link) { location.assign(link.href); return true; }
    return false;
  };

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      const work = event.target instanceof Element && event.target.closest(".work");
      const close = work && work.querySelector("[data-close]");
      if (close && !hasTyped(work) && closeArea(close)) event.preventDefault();
      return;
    }
    if (isTyping(event.target) || !keysAreOn() || document.querySelector("dialog[open]")) return;
    if (event.key === "/" && lookUp()) event.preventDefault();
    if (event.key === "?") { event.preventDefault(); openKeys(); }
  });

  // Escape must not throw away what somebody has typed; Cancel does.
  const hasTyped = (work) => Array.from(work.querySelectorAll("input, textarea, select")).some((field) => {
    if (field.type === "hidden") return false;
    if (field.type === "radio" || field.type === "checkbox") return field.checked !== field.defaultChecked;
    if (field instanceof HTMLSelectElement) return !field.options[field.selectedIndex]?.defaultSelected && field.selectedIndex > 0;
    return field.value !== field.defaultValue;
  });

  // A form or a history opened below its line is closed in place; on a page of its own its link leads back.
  const closeArea = (link) => {
    const area = document.getElementById(link.dataset.close);
    const line = area && area.closest(".line");
    if (!line) return false;
    area.replaceChildren();
    const opener = line.querySelector(`[hx-target="#${link.dataset.close}"]`);
    if (opener) opener.focus();
    return true;
  };

  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    const found = (selector) => event.target.closest(selector);
    if (found("[data-open-keys]")) openKeys();
    if (found("[data-dismiss]")) dismiss();
    const close = found("[data-close]");
    if (close && !event.ctrlKey && !event.metaKey && closeArea(close)) event.preventDefault();
    const add = found("[data-add-row]");
    if (add) addRow(add.closest("fieldset"));
    const remove = found("[data-remove-row]");
    if (remove) removeRow(remove);
  });

  document.addEventListener("change", (event) => {
    if (event.target instanceof Element && event.target.matches("[data-use-keys]")) setKeys(event.target.checked);
  });

  // Rows of custom fields.
  const addRow = (fieldset) => {
    const row = fieldset.querySelector("template[data-row]").content.cloneNode(true);
    reveal(row);
    const first = row.querySelector("input");
    const rows = fieldset.querySelector("[data-rows]");
    if (rows.querySelectorAll(".custom-row").length >= 50) return; // as many as can be sent at once
    rows.append(row);
    first.focus();
  };
  const removeRow = (button) => {
    const fieldset = button.closest("fieldset");
    button.closest(".custom-row").remove();
    fieldset.querySelector("[data-add-row]").focus();
  };

  // What failed is never silent.
  const say = (text, kind) => {
    const place = notice();
    if (place.dataset.kind === kind && place.textContent) return;
    const words = document.createElement("p");
    words.textContent = text;
    place.replaceChildren(words);
    place.dataset.kind = kind;
    addDismiss();
  };
  const addDismiss = () => {
    const place = notice();
    if (!place.firstChild || place.querySelector("button")) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet";
    button.dataset.dismiss = "";
    button.textContent = place.dataset.dismiss;
    place.append(button);
  };
  const dismiss = () => {
    notice().replaceChildren();
    delete notice().dataset.kind;
  };
  ["htmx:sendError", "htmx:timeout"].forEach((name) =>
    document.addEventListener(name, () => say(notice().dataset.offline, "offline")));
  ["htmx:swapError", "htmx:onLoadError"].forEach((name) =>
    document.addEventListener(name, () => say(notice().dataset.failed, "failed")));
  document.addEventListener("htmx:responseError", () => {
    if (notice().textContent.trim()) { notice().dataset.kind = "failed"; addDismiss(); }
    else say(notice().dataset.failed, "failed");
  });
  document.addEventListener("htmx:afterOnLoad", (event) => {
    if (event.detail.successful && notice().dataset.kind === "offline") dismiss();
  });

  // An answer to a page that is being left has nothing to change any more.
  let isLeft = false;
  window.addEventListener("pagehide", () => { isLeft = true; });
  window.addEventListener("pageshow", () => { isLeft = false; });
  document.addEventListener("htmx:beforeOnLoad", (event) => { if (isLeft) event.preventDefault(); });

  // A form on its way must stay in the page: its answer is put beside it. Only that answer may replace it.
  let answered = null;
  const holdsFormOnItsWay = (area, asker) =>
    Array.from(area.querySelectorAll("form.htmx-request")).some((form) => form !== asker);
  document.addEventListener("htmx:beforeSwap", (event) => { answered = event.detail.requestConfig?.elt; });
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    if (holdsFormOnItsWay(event.detail.target, answered)) event.detail.shouldSwap = false;
  });

  // A poll that brings nothing new changes nothing: neither the focus nor what is read aloud.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, serverResponse, shouldSwap, requestConfig } = event.detail;
    if (!shouldSwap || !target || !requestConfig || requestConfig.verb !== "get") return;
    if (holdsFormOnItsWay(target, requestConfig.elt)) { event.detail.shouldSwap = false; return; }
    const strip = target.querySelector(":scope > [data-same]");
    if (strip && serverResponse.includes(`data-same="${strip.dataset.same}"`)) event.detail.shouldSwap = false;
  });

  // Focus follows what somebody asked for; what loads by itself leaves it where it is.
  let before = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, requestConfig } = event.detail;
    const cause = requestConfig?.triggeringEvent?.type;
    before = {
      id: target?.id,
      asked: cause === "click" || cause === "submit",
      held: Boolean(target?.contains(document.activeElement)),
    };
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (!before) return;
    const { id, asked, held } = before;
    before = null;
    const lost = held && (document.activeElement === document.body || !document.activeElement);
    if (id?.startsWith("now-")) {
      // The choice was read anew: an open history beside it is no longer the whole one.
      const link = document.querySelector(`#${CSS.escape(id.replace("now-", "history-"))} [data-stale]`);
      if (link) htmx.trigger(link, "stale");
    }
    if (!id || id === "notice" || id === "recognised" || !(asked || lost)) return;
    focusIn(document.getElementById(id));
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    // A form that went: its work area is empty, and the strip tells how the change fares.
    const area = event.detail.target;
    if (!event.detail.successful || !area?.id?.startsWith("work-") || area.firstElementChild) return;
    focusIn(document.getElementById(area.id.replace("work-", "progress-")));
  });
  document.addEventListener("htmx:oobAfterSwap", (event) => {
    // The button that was pressed (Send, Cancel the change, Try again) is gone: the strip has the answer.
    const area = event.detail.target;
    if (area?.id?.startsWith("progress-") && document.activeElement === document.body) focusIn(area);
  });
  const focusIn = (area) => {
    if (!area) return;
    const wrong = area.querySelector("[aria-invalid='true']");
    const trouble = area.querySelector(".trouble[data-focus]");
    const found = trouble || wrong || (area.matches("[data-focus]") ? area : area.querySelector("[data-focus]"));
    if (found) found.focus();
  };

  document.addEventListener("htmx:load", (event) => reveal(event.detail.elt));
  tellZone();
  reveal(document);
  const wrong = document.querySelector("main form .trouble[data-focus]") || document.querySelector("main [aria-invalid='true']");
  if (wrong) wrong.focus();
})();
