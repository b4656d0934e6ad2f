// Streamlit's select box drops the text that was typed into it when it loses the focus. The text
// counts here: the box is told "Enter" for the visitor just before the focus goes.
const BOX = "[data-testid='stSelectbox']";
const LIST = "[data-testid='stSelectboxVirtualDropdown']";

function shown(input) {
  const list = document.getElementById(input.getAttribute("aria-controls"));
  return list ? [...list.querySelectorAll("[role='option']")] : [];
}

// The option that the text names: a list that is not filtered yet has another one first.
function named(input) {
  const text = input.value.trim().toLowerCase();
  const options = shown(input);
  const isNamed = (option) => option.textContent.trim().toLowerCase() === text;
  return options.find(isNamed) ?? (options.length === 1 ? options[0] : null);
}

// A box that takes new text offers it first, as "Add: text".
function isOffered(input) {
  const text = input.value.trim().toLowerCase();
  return shown(input).some((option) => option.textContent.trim().toLowerCase().endsWith(`: ${text}`));
}

export default function () {
  let typedIn = null;

  function press() {
    const input = typedIn;
    typedIn = null;
    if (!input?.isConnected || !input.value.trim()) return;
    const option = named(input);
    if (option) {
      option.click();
    } else if (isOffered(input)) {
      const enter = { key: "Enter", code: "Enter", bubbles: true, cancelable: true };
      input.dispatchEvent(new KeyboardEvent("keydown", enter));
    }
  }

  const listeners = {
    input: ({ target }) => {
      if (target.matches(`${BOX} input[role='combobox']`)) typedIn = target;
    },
    keydown: ({ key, target, isTrusted }) => {
      if (!isTrusted || target !== typedIn) return;
      if (key === "Tab") press();
      else if (key === "Enter" || key === "Escape") typedIn = null;
    },
    pointerdown: ({ target }) => {
      if (!typedIn || target.closest(LIST) || target.closest(BOX)?.contains(typedIn)) return;
      press();
    },
    focusout: ({ target, relatedTarget }) => {
      if (target === typedIn && !relatedTarget?.closest(LIST)) press();
    },
  };
  const entries = Object.entries(listeners);
  entries.forEach(([name, listener]) => document.addEventListener(name, listener, true));
  return () =>
    entries.forEach(([name, listener]) => document.removeEventListener(name, listener, true));
}
