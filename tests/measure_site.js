// Runs at the end of a page of the site and tells the page around it what it measures.
addEventListener("load", () => setTimeout(() => {
  const number = color => color.match(/[0-9.]+/g).map(Number);
  const over = (front, back) => front.slice(0, 3).map((v, i) => v * (front[3] ?? 1) + back[i] * (1 - (front[3] ?? 1)));
  const light = rgb => {
    const [r, g, b] = rgb.map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const ground = element => {
    for (let at = element; at; at = at.parentElement) {
      const color = number(getComputedStyle(at).backgroundColor);
      if ((color[3] ?? 1) > 0) return color.slice(0, 3);
    }
    return [255, 255, 255];
  };
  const contrast = element => {
    const behind = ground(element), ink = over(number(getComputedStyle(element).color), behind);
    const [one, two] = [light(ink), light(behind)];
    return (Math.max(one, two) + .05) / (Math.min(one, two) + .05);
  };
  const lines = [...document.querySelectorAll('pre span[id^="__line"]')];
  const rows = line => Math.round(line.getBoundingClientRect().height / parseFloat(getComputedStyle(line).lineHeight));
  const text = line => line.textContent.replace(/\n$/, "");
  const blocks = [...document.querySelectorAll("pre > code")];
  const copied = block => {  // as the theme's button does
    block.setAttribute("data-md-copying", "");
    const copy = block.closest("[data-copy]")?.getAttribute("data-copy") ?? block.innerText;
    block.removeAttribute("data-md-copying");
    return copy.trimEnd();
  };
  parent.postMessage(JSON.stringify({
    page: document.documentElement.scrollWidth,
    broken: lines.filter(line => text(line).length <= 80 && rows(line) > 1).map(text),
    cut: blocks.filter(block => block.scrollWidth > block.clientWidth + 1).length,
    hidden: lines.filter(line => line.querySelector(":scope > .gp, :scope > .message")
      && line.scrollWidth > line.clientWidth + 1).map(text),
    copied: blocks.map(copied),
    pale: [...document.querySelectorAll("pre span, article p, article h1, article h2, article td, article p a")]
      .filter(element => element.textContent.trim() && contrast(element) < 4.5)
      .map(element => `${element.className || element.tagName} ${element.textContent.slice(0, 40)} ${contrast(element)}`),
  }), "*");
}, 300));
