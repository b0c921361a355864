/** The whole stylesheet. Colours are named once, for light and for dark. */
export const style = `
:root {
  color-scheme: light dark;
  --page: #f8f4ee;
  --surface: #fffdfa;
  --ink: #2b2320;
  --muted: #6a5d55;
  --line: #e4dace;
  --control: #8d7d72;
  --accent: #97401f;
  --accent-strong: #7b3217;
  --on-accent: #fff;
  --good: #24603a;
  --good-tint: #e5f1e6;
  --bad: #9b1c2b;
  --bad-tint: #fbe8e6;
  --radius: 0.875rem;
  --shadow: 0 1px 2px rgb(60 40 25 / 0.06), 0 6px 20px rgb(60 40 25 / 0.05);
  --serif: 'Iowan Old Style', 'Palatino Linotype', Palatino, Georgia, serif;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #191513;
    --surface: #231d1a;
    --ink: #f3ebe3;
    --muted: #b9aa9e;
    --line: #3b322d;
    --control: #8f8075;
    --accent: #f0a27c;
    --accent-strong: #f7bd9f;
    --on-accent: #2a130a;
    --good: #a5d8b0;
    --good-tint: #1d3324;
    --bad: #ffb3b0;
    --bad-tint: #43211f;
    --shadow: none;
  }
}

*, ::before, ::after { box-sizing: border-box; }
/* Keeps what is focused or jumped to clear of the message that sticks to the top. */
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; scroll-padding-top: 5.5rem; }
html:has(.message + .message) { scroll-padding-top: 10rem; }
body {
  margin: 0 auto;
  max-width: 72rem;
  min-height: 100dvh;
  padding: 0 clamp(1rem, 3vw, 2rem);
  display: flex;
  flex-direction: column;
  background: var(--page);
  color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif;
  overflow-wrap: anywhere;
}
h1, h2, p, ul, dl, dd { margin: 0; padding: 0; }
ul { list-style: none; }
h1, h2, .brand { font-family: var(--serif); font-weight: 600; line-height: 1.2; text-wrap: balance; }
h1 { font-size: clamp(1.75rem, 1.3rem + 2vw, 2.5rem); letter-spacing: -0.01em; }
h2 { font-size: 1.125rem; }
a { color: var(--accent); text-underline-offset: 0.2em; }
a:hover { color: var(--accent-strong); }
.lead { margin: 0.5rem 0 1.5rem; color: var(--muted); }
.note { color: var(--muted); font-size: 0.875rem; }
.price { font-variant-numeric: tabular-nums; }

:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; border-radius: 0.25rem; }
main:focus { outline: none; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; top: -6rem; z-index: 2; padding: 0.5rem 1rem; background: var(--surface); border-radius: 0.25rem; }
.skip:focus { top: 0.75rem; }

button, .button {
  display: inline-block;
  min-height: 2.75rem;
  padding: 0.5rem 1.125rem;
  border: 1px solid transparent;
  border-radius: 0.625rem;
  background: var(--accent);
  color: var(--on-accent);
  font: inherit;
  font-weight: 600;
  text-decoration: none;
  cursor: pointer;
}
button:hover, .button:hover { background: var(--accent-strong); color: var(--on-accent); }
button:focus-visible, .button:focus-visible, input:focus-visible { border-radius: 0.625rem; }
button.quiet { border-color: var(--control); background: none; color: var(--ink); font-weight: 500; }
button.quiet:hover { border-color: var(--ink); }
button.link { padding: 0.5rem 0; border: 0; background: none; color: var(--accent); font-weight: 400; text-decoration: underline; text-underline-offset: 0.2em; }
button.link:hover { color: var(--accent-strong); }
label { font-weight: 600; }
input {
  min-height: 2.75rem;
  width: 100%;
  padding: 0.5rem 0.75rem;
  border: 1px solid var(--control);
  border-radius: 0.625rem;
  background: var(--surface);
  color: inherit;
  font: inherit;
}

header {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  justify-content: space-between;
  gap: 0.25rem 1.5rem;
  min-height: 4.25rem;
  padding: 0.75rem 0;
  border-bottom: 1px solid var(--line);
}
.brand { padding: 0.375rem 0; color: inherit; font-size: 1.375rem; text-decoration: none; }
nav { display: flex; flex-wrap: wrap; align-items: center; gap: 0 1.25rem; }
nav a, nav button.link { display: inline-flex; align-items: center; gap: 0.375rem; min-height: 2.75rem; color: var(--ink); font-weight: 500; text-decoration: none; }
nav a:hover, nav button.link:hover { background: none; text-decoration: underline; }
.who { order: 1; width: 100%; overflow: hidden; color: var(--muted); text-overflow: ellipsis; white-space: nowrap; }
@media (min-width: 40rem) {
  .who { order: 0; width: auto; max-width: 24rem; margin-left: auto; }
}
.count {
  display: inline-block;
  min-width: 1.5rem;
  padding: 0 0.375rem;
  border-radius: 1rem;
  background: var(--accent);
  color: var(--on-accent);
  font-size: 0.8125rem;
  font-weight: 700;
  line-height: 1.5rem;
  text-align: center;
}
.count[data-count='0'] { background: var(--line); color: var(--ink); }

.columns { flex: 1; display: grid; gap: 2.5rem; align-content: start; padding: clamp(1.5rem, 4vw, 2.5rem) 0; }
main { min-width: 0; }
.alone { flex: 1; padding: clamp(1.5rem, 4vw, 2.5rem) 0; }
@media (min-width: 60rem) {
  .columns { grid-template-columns: minmax(0, 1fr) 18rem; gap: 3rem; align-items: start; }
  .panel { position: sticky; top: 1.5rem; }
}

.scene { width: 9rem; margin-bottom: 1.5rem; }

.messages { display: grid; gap: 0.5rem; }
.messages:has(.message) { margin-bottom: 1.5rem; }
.message {
  padding: 0.75rem 1rem;
  border: 1px solid;
  border-radius: 0.625rem;
  background: var(--good-tint);
  color: var(--good);
  font-weight: 600;
}
/* Whoever comes back to the middle of the page has to see it too. */
main:has(:target) .messages { position: sticky; top: 0.75rem; z-index: 1; }
main:has(:target) .message { box-shadow: 0 4px 18px rgb(0 0 0 / 0.16); }
.message[data-kind='ended'] { border-color: var(--control); background: var(--surface); color: var(--ink); }
.message[data-kind='problem'] { background: var(--bad-tint); color: var(--bad); }

.products { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(9.25rem, 100%), 1fr)); gap: 1rem; }
/* Far enough down that the message stands above the heading, not on it, where the first row was added from. */
.card { scroll-margin-top: 9rem; }
@media (min-width: 40rem) {
  .products { grid-template-columns: repeat(auto-fill, minmax(10.5rem, 1fr)); gap: 1.25rem; }
}
.card {
  display: flex;
  flex-direction: column;
  padding: 0.75rem;
  border: 1px solid var(--line);
  border-radius: var(--radius);
  background: var(--surface);
  box-shadow: var(--shadow);
}
.card .art { margin-bottom: 0.75rem; }
.card .price { margin: auto 0 0.75rem; padding-top: 0.5rem; font-weight: 600; }
.card button { width: 100%; padding-inline: 0.5rem; }

.lines > li {
  display: grid;
  grid-template-columns: 4rem 1fr auto;
  gap: 0.75rem 1rem;
  align-items: center;
  padding: 1.25rem 0;
  border-bottom: 1px solid var(--line);
}
.lines form { grid-column: 1 / -1; grid-row: 2; display: flex; flex-wrap: wrap; align-items: center; gap: 0.5rem 0.75rem; }
.lines label { font-size: 0.875rem; font-weight: 500; }
.lines input { width: 4rem; }
.lines .price { font-weight: 600; text-align: right; }
@media (min-width: 40rem) {
  .lines > li { grid-template-columns: 4rem 1fr auto 6rem; }
  .lines form { grid-column: 3; grid-row: 1; }
  .lines .price { grid-column: 4; }
}
.devices > li, .orders > li {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  justify-content: space-between;
  gap: 0.75rem 1.5rem;
  padding: 1.25rem 0;
  border-bottom: 1px solid var(--line);
}
.devices > li:first-child, .orders > li:first-child { border-top: 1px solid var(--line); }
.devices { margin-bottom: 1.5rem; }
.facts dt { color: var(--muted); font-size: 0.875rem; }
.facts dd { margin-bottom: 1rem; }
.devices .badge { margin-left: 0.25rem; font-family: system-ui, sans-serif; vertical-align: 0.0625rem; }
.orders .price { font-weight: 600; }
.total { display: flex; justify-content: space-between; padding: 1.25rem 0; font-size: 1.25rem; font-variant-numeric: tabular-nums; }
.actions { display: flex; flex-wrap: wrap; align-items: center; gap: 0.5rem 1.25rem; }
.stack { display: grid; gap: 0.5rem; max-width: 24rem; }
.stack button { justify-self: start; margin-top: 0.5rem; }

.panel { padding: 1.25rem; border: 1px solid var(--line); border-radius: var(--radius); background: var(--surface); box-shadow: var(--shadow); }
.panel dl { display: grid; gap: 1rem; margin: 1rem 0; }
.panel dt { color: var(--muted); font-size: 0.8125rem; }
.panel dd { font-variant-numeric: tabular-nums; }
.panel dd p { color: var(--muted); font-size: 0.875rem; }
.panel form { margin-top: 1rem; }
.badge { display: inline-block; padding: 0 0.625rem; border-radius: 1rem; background: var(--bad-tint); color: var(--bad); font-weight: 600; font-size: 0.875rem; line-height: 1.625rem; }
.badge + p { margin-top: 0.25rem; }
.badge[data-origin='resumed'], .badge[data-kind='own'] { background: var(--good-tint); color: var(--good); }
.badge[data-origin='new'] { background: var(--line); color: var(--ink); }
meter { display: block; width: 100%; height: 0.625rem; margin-top: 0.5rem; overflow: hidden; appearance: none; border: 0; border-radius: 1rem; background: var(--line); }
/* Chromium puts the bar into the middle half of a grid. */
meter::-webkit-meter-inner-element { display: block; }
meter::-webkit-meter-bar { position: static; border: 0; background: none; }
meter::-webkit-meter-optimum-value { border-radius: 1rem; background: var(--accent); }
meter::-webkit-meter-suboptimum-value { border-radius: 1rem; background: var(--bad); }
meter::-moz-meter-bar { border-radius: 1rem; background: var(--accent); }
summary { padding: 0.375rem 0; cursor: pointer; }
pre { max-height: 16rem; margin: 0.25rem 0 0; padding: 0.75rem; overflow: auto; border-radius: 0.5rem; background: var(--page); font: 0.8125rem/1.5 ui-monospace, monospace; white-space: pre-wrap; }

footer { padding: 1.25rem 0 2rem; border-top: 1px solid var(--line); color: var(--muted); font-size: 0.875rem; }

.art { display: block; width: 100%; border-radius: 0.625rem; background: var(--ground); }
.art .shadow { fill: rgb(0 0 0 / 0.1); }
.art .clay { fill: #d9b795; }
.art .glaze { fill: var(--tone); }
.art .rim { fill: var(--tone); stroke: rgb(255 255 255 / 0.45); stroke-width: 2; }
.art .ring { fill: none; stroke: rgb(255 255 255 / 0.45); stroke-width: 2; }
.art .handle { fill: none; stroke: #d9b795; stroke-width: 7; stroke-linecap: round; }
.art .sprig { fill: none; stroke: #6f8a5b; stroke-width: 3; stroke-linecap: round; }
.art .wax { fill: #f6efe2; }
.art .flame { fill: #eda33b; }
[data-tone] { --tone: #5f7f8c; --ground: #e3eaec; }
[data-tone='teapot'] { --tone: #7d8f69; --ground: #e8ecdf; }
[data-tone='bowl'] { --tone: #b5654a; --ground: #f4e3da; }
[data-tone='plate'] { --tone: #c9a45c; --ground: #f4ebd6; }
[data-tone='vase'] { --tone: #8c6f8e; --ground: #ece3ed; }
[data-tone='jug'] { --tone: #456b7d; --ground: #dfe8ec; }
[data-tone='jar'] { --tone: #5d7a66; --ground: #e1ebe4; }
[data-tone='candle'] { --tone: #a8584f; --ground: #f3e0dd; }
@media (prefers-color-scheme: dark) {
  [data-tone] { --ground: #2a3236; }
  [data-tone='teapot'] { --ground: #2e3328; }
  [data-tone='bowl'] { --ground: #3a2b25; }
  [data-tone='plate'] { --ground: #393122; }
  [data-tone='vase'] { --ground: #342c35; }
  [data-tone='jug'] { --ground: #263136; }
  [data-tone='jar'] { --ground: #28332c; }
  [data-tone='candle'] { --ground: #3a2928; }
}
`
