// The command and the line of PyTorch, with a button that copies each.

function updateLines() {
  if (!result || state.asking) return ofId("line-parts").replaceChildren();
  const line = (key, content) => {
    const code = h("code", {}, content);
    const button = h(
      "button",
      {
        type: "button",
        class: "copy",
        "aria-label": `${word("copy")}: ${word(key)}`,
        click: () => copy(content, code, button),
      },
      word("copy"),
    );
    return h(
      "div",
      { class: "line" },
      h("div", { class: "line-head" }, h("h3", {}, word(key)), button),
      h("pre", { tabindex: "0", "aria-label": word(key) }, code),
    );
  };
  ofId("line-parts").replaceChildren(
    line("in_shell", commandOf(state.settings, result.counted)),
    line("in_torch", `${TORCH_IMPORTS}\n${torchLine(state.settings)}`),
  );
}

async function copy(content, code, button) {
  let done = true;
  try {
    await navigator.clipboard.writeText(content);
  } catch {
    getSelection().selectAllChildren(code);
    done = document.execCommand("copy");
  }
  button.textContent = word(done ? "copied" : "not_copied");
  setTimeout(() => (button.textContent = word("copy")), 1500);
}
