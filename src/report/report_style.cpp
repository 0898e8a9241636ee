// Appearance and the little behaviour of a report's page.
#include "report/report_parts.h"

namespace mdd::report {

std::string_view report_style() {
  return R"css(
:root{color-scheme:light;--ink:#1a202c;--soft:#4a5568;--line:#d7dce3;--fill:#f4f6f9;--link:#1a56a0}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:#fff;color:var(--ink);
  font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",Arial,sans-serif;overflow-wrap:anywhere}
body>header,main,footer{max-width:76rem;margin:0 auto;padding:0 14px}
body>header{padding-top:1.4rem}
footer{padding-top:1rem;padding-bottom:2rem;color:var(--soft);font-size:.9rem}
h1{font-size:1.7rem;line-height:1.2;margin:0 0 .6rem}
h2{font-size:1.35rem;margin:2.4rem 0 .6rem;padding-top:.9rem;border-top:3px solid var(--ink)}
h3{font-size:1.08rem;margin:1.6rem 0 .4rem}
h4{font-size:1rem;margin:0 0 .5rem;display:flex;flex-wrap:wrap;gap:.2rem .6rem;align-items:center}
p{margin:.5rem 0;max-width:54rem}
a{color:var(--link)}
nav ul{list-style:none;margin:.8rem 0;padding:0;display:flex;flex-wrap:wrap;gap:.4rem}
nav a{display:block;padding:.35rem .7rem;border:1px solid var(--line);border-radius:.4rem;background:var(--fill);
  text-decoration:none}
.lead{font-size:1.08rem}
.result{padding:.7rem 1rem;background:var(--fill);border-left:4px solid var(--ink);font-size:1.08rem}
.note{color:var(--soft);font-size:.92rem}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(15rem,100%),1fr));gap:.5rem 1.2rem;
  margin:1rem 0}
.facts div{border-top:1px solid var(--line);padding-top:.3rem}
dt{color:var(--soft);font-size:.82rem}
dd{margin:0}
.scroll{overflow-x:auto;max-width:100%;margin:.6rem 0}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--soft);font-size:.92rem;padding-bottom:.3rem}
th,td{padding:.35rem .65rem;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
th:first-child,td:first-child{text-align:left}
thead th{border-bottom:2px solid var(--ink);vertical-align:bottom;font-size:.88rem;white-space:normal;
  overflow-wrap:normal}
tbody th{font-weight:600}
.words{text-align:left;white-space:normal;min-width:13rem}
.sortable thead th{white-space:nowrap}
tfoot th,tfoot td{border-top:2px solid var(--ink);border-bottom:0;font-weight:700}
.sort{font:inherit;color:inherit;background:none;border:0;padding:0;cursor:pointer;text-decoration:underline dotted}
th[aria-sort=ascending] .sort::after{content:" \25b2"}
th[aria-sort=descending] .sort::after{content:" \25bc"}
.split{display:flex;flex-wrap:wrap;gap:0 2.5rem;align-items:flex-start}
.split>*{flex:1 1 20rem;min-width:0;max-width:32rem}
svg{display:block;width:100%;height:auto}
svg text{font-size:11px;fill:var(--ink);font-family:inherit}
.histogram{max-width:32rem}
.histogram .grid{stroke:#e3e7ed}
.axis{stroke:#4a5568}
.threshold{stroke:#b00020;stroke-width:2;stroke-dasharray:5 3}
.mark{stroke:#00a5a5;stroke-width:2}
.scale{max-width:22rem}
.scale rect{shape-rendering:crispEdges}
.key{display:inline-block;width:.9em;height:.9em;border-radius:.15em;vertical-align:-.08em;margin-right:.35em}
.strip{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(9rem,44%),1fr));gap:.7rem;list-style:none;
  margin:.4rem 0;padding:0}
.strip a{text-decoration:none;color:inherit}
.strip a .name{color:var(--link);text-decoration:underline}
.strip .name{display:block;font-size:.82rem;line-height:1.3;margin-top:.2rem}
img{display:block;width:100%;height:auto;background:#eceff3;border:1px solid var(--line)}
.strip img{aspect-ratio:1}
.flag{display:inline-block;font-size:.78rem;font-weight:700;line-height:1.2;padding:.15rem .45rem;
  border-radius:.3rem;white-space:nowrap}
.missed{background:#fde4e8;color:#8f0019}
.found{background:#dff3e6;color:#0a5527}
.false-alarm{background:#ffecd1;color:#7a3e00}
.passed{background:#e2edf9;color:#0b447c}
.case{border:1px solid var(--line);border-radius:.5rem;padding:.8rem;margin:.9rem 0;break-inside:avoid}
.maps{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(10rem,44%),1fr));gap:.7rem}
figure{margin:0}
figcaption{font-size:.82rem;line-height:1.35;margin-top:.25rem}
figcaption b{display:block}
.readout{color:var(--soft);display:block;min-height:1.35em}
.mask{image-rendering:pixelated}
.none{display:flex;align-items:center;justify-content:center;text-align:center;aspect-ratio:1;
  border:1px dashed var(--line);color:var(--soft);font-size:.85rem;padding:.5rem}
.reads{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(16rem,100%),1fr));gap:.5rem 2rem;
  margin-top:.8rem;align-items:start}
.reads table{width:100%;font-size:.88rem}
.reads th,.reads td{padding:.2rem .4rem;white-space:normal}
.bar{width:45%}
.bar span{display:block;height:.8em;background:#2b6cb0;border-radius:.15em}
.cells{max-width:11rem}
.legend{list-style:none;margin:.3rem 0;padding:0;font-size:.82rem}
.prototypes{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(18rem,100%),1fr));gap:.8rem}
.prototypes .strip{grid-template-columns:repeat(3,1fr)}
@media print{body{font-size:10pt}body>header,main,footer{max-width:none}nav,.sort::after{display:none}
  h2{break-after:avoid}a{color:inherit}.scroll{overflow:visible}.readout{display:none}*{print-color-adjust:exact;
  -webkit-print-color-adjust:exact}}
)css";
}

std::string_view report_script() {
  return R"js(
"use strict";
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0], heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") !== "descending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const value = (row) => {
        const text = row.cells[column].textContent, number = parseFloat(text);
        return column === 0 ? text : Number.isNaN(number) ? -1 : number;
      };
      const compare = (a, b) => (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0);
      body.append(...[...body.rows].sort((a, b) => (down ? compare(b, a) : compare(a, b))));
    });
  });
}
for (const picture of document.querySelectorAll("img[data-values]")) {
  const values = picture.dataset.values.split(" "), side = Math.round(Math.sqrt(values.length));
  const readout = picture.parentElement.querySelector(".readout"), start = readout.textContent;
  picture.addEventListener("pointermove", (event) => {
    const box = picture.getBoundingClientRect();
    const cell = (at, begin, extent) => Math.min(side - 1, Math.max(0, Math.floor(((at - begin) / extent) * side)));
    const row = cell(event.clientY, box.top, box.height), column = cell(event.clientX, box.left, box.width);
    readout.textContent = "here up to " + values[row * side + column];
  });
  picture.addEventListener("pointerleave", () => { readout.textContent = start; });
}
)js";
}

}  // namespace mdd::report
