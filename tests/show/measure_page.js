// Runs at the end of a page under test and tells the page around it what it measures.
const scroll = [...document.querySelectorAll(".scroll")];
const number = color => color.match(/[0-9.]+/g).map(Number);
const light = color => {
  const [r, g, b] = number(color).map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
  return .2126 * r + .7152 * g + .0722 * b;
};
const behind = element => {
  for (let at = element; at; at = at.parentElement) {
    const color = getComputedStyle(at).backgroundColor;
    if ((number(color)[3] ?? 1) > 0) return color;
  }
  return "rgb(255, 255, 255)";
};
const contrast = element => {
  const style = getComputedStyle(element);
  const [one, two] = [light(element.closest("svg") ? style.fill : style.color), light(behind(element))];
  return (Math.max(one, two) + .05) / (Math.min(one, two) + .05);
};
const inked = [...document.querySelectorAll("body *")].filter(element =>
  element.tagName !== "title" && [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim()));
const measured = JSON.stringify({
  viewport: innerWidth,
  page: document.documentElement.scrollWidth,
  outside: [...document.querySelectorAll("main > *, .scroll, svg, p, pre, h1, h2, h3")].filter(
    element => element.getBoundingClientRect().right > innerWidth + .5).length,
  scrolling: scroll.filter(element => element.scrollWidth > element.clientWidth).length,
  dark: matchMedia("(prefers-color-scheme: dark)").matches,
  contrast: Math.min(...inked.map(contrast)),
  smallest: Math.min(...inked.map(element => parseFloat(getComputedStyle(element).fontSize))),
  charts: [...document.querySelectorAll("svg")].map(svg => svg.getBoundingClientRect().width),
});
parent.postMessage(measured, "*");
