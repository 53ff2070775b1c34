// Whoever has a mouse need not type the words that they want masked: they select them, and press the button.
"use strict";

const text = document.querySelector("[data-text]");
const offer = document.querySelector("[data-selecting]");

const selected = () => {
  const selection = document.getSelection();
  const isWithin = text.contains(selection.anchorNode) && text.contains(selection.focusNode);
  // On one line, as a field has it.
  return isWithin ? selection.toString().trim().replace(/\s+/gu, " ") : "";
};

if (text && offer) {
  let words = "";
  offer.hidden = false;
  document.addEventListener("selectionchange", () => {
    words = selected() || words;
  });
  offer.querySelector("button").addEventListener("click", () => {
    const fields = [...document.querySelectorAll("input[name^=words-][name$=-words]")];
    const empty = fields.find((field) => !field.value);
    if (!empty) {
      // A new row comes with the preview.
      document.querySelector("button[value=preview]").focus();
      return;
    }
    if (words) {
      empty.value = words;
      words = "";
    }
    empty.focus();
  });
}
