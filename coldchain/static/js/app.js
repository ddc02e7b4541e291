// Small comforts of signed-in pages. Every page works without this file; nothing here decides anything.
(function () {
  "use strict";

  const DRAFT = "cc-draft:";
  const SENT = "cc-draft-sent";
  const WAITING = "cc-draft-waiting";
  const DRAFT_HOURS = 24;

  function on(type, selector, handler) {
    document.addEventListener(type, function (event) {
      const target = event.target.closest && event.target.closest(selector);
      if (target) handler(target, event);
    });
  }

  // Copy: the button stays hidden where the browser can't copy.
  function copyText(source) {
    const text = source.innerText;
    if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
    const range = document.createRange();
    range.selectNodeContents(source);
    const selection = window.getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
    return document.execCommand("copy") ? Promise.resolve() : Promise.reject(new Error("copy refused"));
  }

  on("click", "[data-copy]", function (button) {
    copyText(document.querySelector(button.dataset.copy)).then(function () {
      const label = button.querySelector("span");
      label.textContent = button.dataset.copied;
      const status = button.parentElement.querySelector("[role=status]");
      if (status) status.textContent = button.dataset.copied;
    }, function () { /* the text is selected: the reader copies it by hand */ });
  });

  on("click", "[data-print]", function () { window.print(); });

  // Stepper: − n +, bounded.
  on("click", "[data-step]", function (button) {
    const input = button.parentElement.querySelector("input");
    const now = parseInt(input.value.replace(/[,，\s]/g, ""), 10) || 0;
    const least = input.dataset.min === undefined ? -Infinity : Number(input.dataset.min);
    const most = input.dataset.max === undefined ? Infinity : Number(input.dataset.max);
    input.value = String(Math.min(most, Math.max(least, now + Number(button.dataset.step))));
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });

  // Dates: 20201106 and 2020/11/6 become 2020-11-06 when the field is left; anything else stays as typed.
  on("focusout", "[data-date]", function (input) {
    const found = /^\s*(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?\s*$/.exec(input.value);
    const plain = /^\s*\d+\s*$/.test(input.value);
    if (!found || (plain && input.value.trim().length !== 8)) return;
    input.value = found[1] + "-" + found[2].padStart(2, "0") + "-" + found[3].padStart(2, "0");
  });

  // Repeated lines: the same buttons submit the form when there is no script.
  function renumber(holder) {
    const group = holder.dataset.lines;
    holder.querySelectorAll("[data-line]").forEach(function (row, index) {
      const pattern = new RegExp("(^|[^A-Za-z0-9])" + group + "-\\d+(?=-|$)", "g");
      row.querySelectorAll("*").forEach(function (node) {
        ["id", "name", "for", "aria-describedby"].forEach(function (attribute) {
          const value = node.getAttribute(attribute);
          if (value) node.setAttribute(attribute, value.replace(pattern, "$1" + group + "-" + index));
        });
        if (node.hasAttribute("data-remove")) node.value = group + "-" + index;
        if (node.hasAttribute("data-repeat")) node.value = String(index);
      });
      const legend = row.querySelector("legend");
      if (legend) legend.textContent = legend.textContent.replace(/\d+\s*$/, String(index + 1));
    });
  }

  function addLine(holder) {
    const rows = Array.from(holder.querySelectorAll("[data-line]"));
    const whole = rows.filter(function (row) { return !isSame(row); });
    const last = whole[whole.length - 1];
    const copy = last.cloneNode(true);
    copy.querySelectorAll(".cc-err").forEach(function (node) { node.remove(); });
    copy.querySelectorAll(".bad").forEach(function (node) { node.classList.remove("bad"); });
    copy.querySelectorAll("[aria-invalid]").forEach(function (node) { node.removeAttribute("aria-invalid"); });
    copy.querySelectorAll("[data-found]").forEach(function (node) { node.replaceChildren(); });
    copy.querySelectorAll("[data-file-kept]").forEach(function (node) { node.remove(); });
    const zones = Array.from(last.querySelectorAll("select[name$=-zone_id]"), function (select) { return select.value; });
    rows[rows.length - 1].after(copy);
    // Numbers first: a cloned radio with the original's name would take the original's tick away.
    renumber(holder);
    copy.querySelectorAll("input,select,textarea").forEach(function (input) {
      if (input.type === "radio" || input.type === "checkbox") input.checked = input.defaultChecked;
      else if (input.tagName === "SELECT") input.selectedIndex = 0;
      else if (input.type !== "hidden") input.value = input.dataset.min || "";
    });
    // Goods of one delivery mostly go into one zone.
    copy.querySelectorAll("select[name$=-zone_id]").forEach(function (select, index) { select.value = zones[index]; });
    if (window.htmx) window.htmx.process(copy);
    // What can be chosen before anything is typed.
    copy.querySelectorAll("input[data-offers]").forEach(function (input) {
      input.dispatchEvent(new Event("search", { bubbles: true }));
    });
    return copy;
  }

  // The same product with other dates: a row of its own below. Once it was asked for, the next one stands ready.
  function isSame(row) { return row && row.querySelector(":scope > [data-same]") !== null; }

  function sameBelow(row) {
    const found = [];
    let next = row.nextElementSibling;
    while (next && next.hasAttribute("data-line") && isSame(next)) { found.push(next); next = next.nextElementSibling; }
    return found;
  }

  function repeatRow(row) {
    const holder = row.closest("[data-lines]");
    const template = document.querySelector("template[data-same-row]");
    if (!template) return null;
    const ticked = Array.from(holder.querySelectorAll("input:checked"));
    const below = sameBelow(row);
    (below.length ? below[below.length - 1] : row).after(template.content.cloneNode(true));
    renumber(holder);
    ticked.forEach(function (input) { input.checked = true; });
    const made = sameBelow(row);
    return made[made.length - 1];
  }

  on("click", "[data-repeat]", function (button, event) {
    const row = repeatRow(button.closest("[data-line]"));
    if (!row) return;
    row.closest("[data-lines]").dataset.repeats = "1";
    event.preventDefault();
    row.querySelector("input:not([type=hidden])").focus();
  });

  on("input", "[data-date]", function (input) {
    const row = input.closest("[data-line]");
    if (!row || !input.value || !/-production_date$/.test(input.name)) return;
    // A date that the page brought along is corrected, and whoever never asked for a row gets none.
    if (input.defaultValue || !row.closest("[data-lines]").dataset.repeats) return;
    let whole = row;
    while (isSame(whole)) whole = whole.previousElementSibling;
    const below = sameBelow(whole);
    if (row === (below.length ? below[below.length - 1] : whole)) repeatRow(whole);
  });

  // A scanner ends with Enter: that means "find", not "send".
  on("keydown", "input[type=search][data-hx-get]", function (input, event) {
    if (event.key !== "Enter") return;
    event.preventDefault();
    input.dispatchEvent(new Event("search", { bubbles: true }));
  });

  on("click", "[data-add]", function (button, event) {
    const holder = button.closest("[data-lines]");
    if (!holder || !holder.querySelector("[data-line]")) return;
    event.preventDefault();
    const ticked = Array.from(holder.querySelectorAll("input:checked"));
    const copy = addLine(holder);
    ticked.forEach(function (input) { input.checked = true; });
    const first = copy.querySelector("input:not([type=hidden]),select,textarea");
    if (first) first.focus();
    holder.dispatchEvent(new Event("input", { bubbles: true }));
  });

  on("click", "[data-remove]", function (button, event) {
    const holder = button.closest("[data-lines]");
    if (!holder || holder.querySelectorAll("[data-line]").length < 2) return;
    event.preventDefault();
    const gone = button.closest("[data-line]");
    const after = isSame(gone) ? [] : sameBelow(gone);
    if (holder.querySelectorAll("[data-line]").length <= after.length + 1) return;
    after.forEach(function (row) { row.remove(); });
    gone.remove();
    renumber(holder);
    holder.querySelector("[data-add]").focus();
    holder.dispatchEvent(new Event("input", { bubbles: true }));
  });

  // Files: one that is too large is named beside its field before anything is sent; the program judges it all the same.
  function saySize(input, words) {
    const id = input.id + "-size";
    const others = (input.getAttribute("aria-describedby") || "").split(" ").filter(function (each) { return each && each !== id; });
    let said = document.getElementById(id);
    if (!words) {
      if (!said) return;
      said.remove();
      input.setAttribute("aria-describedby", others.join(" "));
      if (!document.getElementById(input.id + "-error")) input.removeAttribute("aria-invalid");
      return;
    }
    if (!said) {
      said = document.createElement("span");
      said.className = "cc-err";
      said.id = id;
      said.setAttribute("role", "alert");
      input.before(said);
    }
    said.textContent = words;
    input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-describedby", others.concat(id).join(" "));
  }

  function tooLarge(form) {
    const words = document.body.dataset;
    const inputs = Array.from(form.querySelectorAll("input[type=file]")).filter(function (input) { return input.files.length; });
    let bad = null;
    let sum = 0;
    function inMegabytes(text, bytes) { return text.replace("{size}", (Math.ceil(bytes / 104857.6) / 10).toFixed(1)); }
    form.querySelectorAll("input[type=file]").forEach(function (input) { saySize(input, ""); });
    inputs.forEach(function (input) {
      const size = input.files[0].size;
      sum += size;
      if (size <= Number(words.fileBytes)) return;
      saySize(input, inMegabytes(words.fileWords, size));
      bad = bad || input;
    });
    if (!bad && inputs.length && sum > Number(words.formBytes) - 1048576) {
      bad = inputs[inputs.length - 1];
      saySize(bad, inMegabytes(words.formWords, sum));
    }
    return bad;
  }

  if (document.body.dataset.fileBytes) {
    on("change", "input[type=file]", function (input) { if (input.form) tooLarge(input.form); });
    document.addEventListener("submit", function (event) {
      const bad = tooLarge(event.target);
      if (!bad) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      bad.focus();
    }, true);
  }

  // Menu at 390: without script the link leads to #menu, whose :target rule opens it.
  on("click", "[data-menu]", function (link, event) {
    event.preventDefault();
    const open = document.getElementById("menu").classList.toggle("open");
    link.setAttribute("aria-expanded", String(open));
    document.querySelectorAll("details[data-more]").forEach(function (more) { more.open = open; });
  });

  // What is behind 更多 closes by Escape and by a press elsewhere; at 390 it belongs to the menu.
  function closeMore(event) {
    document.querySelectorAll("details[data-more][open]").forEach(function (more) {
      if (more.closest("#menu.open") || (event.target && more.contains(event.target) && event.type !== "keydown")) return;
      more.open = false;
      if (event.type === "keydown" && more.contains(event.target)) more.querySelector("summary").focus();
    });
  }
  document.addEventListener("click", closeMore);
  document.addEventListener("focusin", closeMore);
  document.addEventListener("keydown", function (event) { if (event.key === "Escape") closeMore(event); });

  // On paper a folded list is open; afterwards it is as it was.
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details.cc-rest:not([open])").forEach(function (rest) { rest.open = true; rest.dataset.folded = ""; });
  });
  window.addEventListener("afterprint", function () {
    document.querySelectorAll("details[data-folded]").forEach(function (rest) { rest.open = false; delete rest.dataset.folded; });
  });

  // Large text: the page stays as it is, with what was typed; without script the form leads back to the page.
  on("submit", "form[data-text-size]", function (form, event) {
    event.preventDefault();
    const size = form.elements.size;
    const body = new URLSearchParams(new FormData(form));
    window.fetch(form.action, { method: "POST", body: body, redirect: "manual" }).then(function (answer) {
      if (answer.type !== "opaqueredirect") throw new Error("refused");
      const large = size.value === "large";
      document.documentElement.classList.toggle("cc-large", large);
      form.querySelector("button").setAttribute("aria-pressed", String(large));
      size.value = large ? "usual" : "large";
    }).catch(function () { form.submit(); });
  });

  // Drafts: forms marked data-draft keep what is typed on this device until it is sent or the reader signs out.
  // A later step that carries them on is marked data-ends-draft: what it sends may have arrived too.
  function draftKey(form) {
    const name = form.dataset.draft || form.dataset.endsDraft;
    return DRAFT + (document.body.dataset.viewer || "") + ":" + location.pathname + ":" + name;
  }

  function noteSent(form) { storage(function () { window.sessionStorage.setItem(SENT, draftKey(form)); }); }

  function storage(action) {
    try { return action(window.localStorage); } catch (error) { return null; } // private mode, full, or forbidden
  }

  function fieldsOf(form) {
    return Array.from(form.elements).filter(function (field) {
      return field.name && !/^(hidden|password|file|submit|button)$/.test(field.type) && !field.closest("[data-no-draft]");
    });
  }

  function saveDraft(form) {
    const lines = {};
    form.querySelectorAll("[data-lines]").forEach(function (holder) {
      lines[holder.dataset.lines] = holder.querySelectorAll("[data-line]").length;
    });
    const values = fieldsOf(form).map(function (field) {
      const tick = field.type === "radio" || field.type === "checkbox";
      return [field.name, field.value, tick ? field.checked : null];
    });
    storage(function (store) {
      store.setItem(draftKey(form), JSON.stringify({ at: Date.now(), lines: lines, values: values }));
    });
  }

  function restoreDraft(form, draft) {
    form.querySelectorAll("[data-lines]").forEach(function (holder) {
      const wanted = Math.min(draft.lines[holder.dataset.lines] || 0, 200);
      while (holder.querySelector("[data-line]") && holder.querySelectorAll("[data-line]").length < wanted) addLine(holder);
    });
    const waiting = new Map();
    fieldsOf(form).forEach(function (field) {
      const key = field.name + (/^(radio|checkbox)$/.test(field.type) ? "=" + field.value : "");
      if (!waiting.has(key)) waiting.set(key, []);
      waiting.get(key).push(field);
    });
    draft.values.forEach(function (entry) {
      const field = (waiting.get(entry[0] + (entry[2] === null ? "" : "=" + entry[1])) || []).shift();
      if (!field) return;
      if (entry[2] === null) field.value = entry[1]; else field.checked = entry[2];
    });
    // What was searched for is searched again, so that it can be chosen again.
    window.addEventListener("load", function () {
      form.querySelectorAll("input[type=search][data-hx-get]").forEach(function (input) {
        if (input.value) input.dispatchEvent(new Event("search", { bubbles: true }));
      });
    });
  }

  function forget(key) { storage(function (store) { store.removeItem(key); }); }

  function forgetSentDraft() {
    // What was sent and came back without an error summary has arrived.
    const key = storage(function () { return window.sessionStorage.getItem(SENT); });
    if (!key) return;
    storage(function () { window.sessionStorage.removeItem(SENT); });
    if (!document.querySelector(".cc-errors, [data-not-done]")) forget(key);
    // Sent by somebody who has to sign in first: the draft waits until the kept form has arrived.
    if (document.querySelector("[data-signed-out]")) storage(function () { window.sessionStorage.setItem(WAITING, key); });
  }

  function offerDraft(form) {
    const key = draftKey(form);
    const kept = storage(function (store) { return JSON.parse(store.getItem(key)); });
    if (!kept || !Array.isArray(kept.values)) return;
    if (Date.now() - kept.at > DRAFT_HOURS * 3600 * 1000) { forget(key); return; }
    const notice = form.querySelector("[data-draft-notice]");
    if (form.hasAttribute("data-prefilled")) return;  // it was asked for with these values
    if (!notice || document.querySelector(".cc-errors")) return;
    restoreDraft(form, kept);
    notice.hidden = false;
    notice.querySelector("button").addEventListener("click", function () { forget(key); location.reload(); });
  }

  document.querySelectorAll("form[data-draft]").forEach(function (form) {
    let timer = 0;
    form.addEventListener("input", function () {
      clearTimeout(timer);
      timer = setTimeout(function () { saveDraft(form); }, 300);
    });
    form.addEventListener("submit", function () {
      clearTimeout(timer);
      saveDraft(form);
      noteSent(form);
    });
  });
  document.querySelectorAll("form[data-ends-draft]").forEach(function (form) {
    form.addEventListener("submit", function () { noteSent(form); });
  });

  // Drafts kept by the program: sent a little after the last key, and when the page is left.
  document.querySelectorAll("form[data-server-draft]").forEach(function (form) {
    let timer = 0;
    let sent = false;
    function keep() {
      clearTimeout(timer);
      timer = 0;
      const data = new FormData(form);
      form.querySelectorAll("input[type=file]").forEach(function (input) { data.delete(input.name); });
      fetch(form.dataset.serverDraft, { method: "POST", body: data, credentials: "same-origin", keepalive: true })
        .catch(function () { /* offline: the next key tries again */ });
    }
    form.addEventListener("input", function () {
      clearTimeout(timer);
      timer = setTimeout(keep, 1500);
    });
    form.addEventListener("submit", function () { sent = true; clearTimeout(timer); });
    window.addEventListener("pagehide", function () { if (timer && !sent) keep(); });
  });

  document.querySelectorAll("form[data-kept]").forEach(function (form) {
    form.addEventListener("submit", function () {
      storage(function () {
        const key = window.sessionStorage.getItem(WAITING);
        if (key) window.sessionStorage.setItem(SENT, key);
        window.sessionStorage.removeItem(WAITING);
      });
    });
    // Its sender has just been asked for exactly this act: it goes on, once.
    const mark = "cc-kept:" + form.dataset.kept;
    if (form.hasAttribute("data-at-once") && !storage(function () { return window.sessionStorage.getItem(mark); })) {
      storage(function () { window.sessionStorage.setItem(mark, "sent"); });
      window.setTimeout(function () { form.requestSubmit(); }, 0);
    }
  });

  on("submit", "form[data-forget-drafts]", function () {
    storage(function (store) {
      Object.keys(store).filter(function (key) { return key.startsWith(DRAFT); }).forEach(function (key) { store.removeItem(key); });
    });
  });

  // Offline strip of cold mode.
  function showSignal() {
    document.querySelectorAll("[data-offline]").forEach(function (strip) { strip.hidden = navigator.onLine; });
  }
  window.addEventListener("online", showSignal);
  window.addEventListener("offline", showSignal);

  function ready(root) {
    root.querySelectorAll("[data-step][hidden],[data-copy][hidden],[data-print][hidden]").forEach(function (node) { node.hidden = false; });
    const summary = root.querySelector("[data-focus]");
    if (summary) summary.focus();
  }

  forgetSentDraft();
  document.querySelectorAll("form[data-draft]").forEach(offerDraft);
  showSignal();
  ready(document);
  document.addEventListener("htmx:afterSwap", function (event) { ready(event.detail.target); });
})();
