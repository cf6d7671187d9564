/**
 * Draws docs/images/rotation-load.svg: how often the certificates of 5,000 kubelets that joined in one hour are asked for anew, over a year.
 *
 * Run: `node docs/tools/rotation-load.ts`; a test holds that the committed picture is what this draws. The moments are those of `rotationDeadline` and
 * `csrSignerValidity`, the functions of the library; chance is a generator with a seed, so that the picture is the same each time.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { csrSignerValidity } from "../../src/issue/validity.ts";
import { rotationDeadline } from "../../src/kubernetes/kubelet/rotation.ts";

const HOUR = 3_600_000;
const HOURS = 365 * 24;

/** What is simulated. */
export interface Simulation {
  readonly nodes: number;
  /** Of the certificates, in days. */
  readonly lifetimeDays: number;
  /** A number from 0 up to, not including, 1, for each certificate. */
  readonly chance: () => number;
}

/** Requests in each hour of a year, the first certificates not counted. Nodes join within the first hour, and requests are answered at once. */
export function simulateRotations({ nodes, lifetimeDays, chance }: Simulation): number[] {
  const requests = Array.from<number>({ length: HOURS }).fill(0);
  const end = HOURS * HOUR;
  for (let node = 0; node < nodes; node++) {
    let now = (node / nodes) * HOUR;
    for (;;) {
      const certificate = csrSignerValidity(lifetimeDays * 86_400, new Date(now));
      now = rotationDeadline(certificate, chance()).getTime();
      if (now >= end) break;
      requests[Math.floor(now / HOUR)]!++;
    }
  }
  return requests;
}

/** Numbers that look random and are the same each time (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const NODES = 5000;
const [LEFT, WIDTH, HEIGHT, GAP, TOP] = [64, 712, 150, 86, 84];
const [BLUE, RED, INK, PAPER] = ["#2563eb", "#dc2626", "#1f2937", "#ffffff"];

/** The picture: one panel for each lifetime. */
export function drawRotationLoad(): string {
  const panels = [365, 30].map((days, index) => drawPanel(days, TOP + index * (HEIGHT + GAP)));
  const height = TOP + panels.length * (HEIGHT + GAP) - 48;
  const summary =
    "Certificate requests per hour over a year. With client-go's jitter each wave is spread over a fifth of the lifetime; without it, all nodes ask in the same hour.";
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 ${height}" font-family="system-ui, sans-serif" font-size="13" fill="${INK}" role="img">`,
    `<title>Requests of ${NODES.toLocaleString("en")} kubelets that joined in one hour</title><desc>${summary}</desc>`,
    `<rect width="800" height="${height}" fill="${PAPER}"/>`,
    `<text x="${LEFT}" y="26" font-size="17" font-weight="600">Requests of ${NODES.toLocaleString("en")} kubelets that joined in one hour</text>`,
    legend(
      LEFT,
      48,
      BLUE,
      "each at 70 to 90 % of its certificate's lifetime, by chance: requests per hour, mean of each day",
    ),
    ...panels,
    "</svg>\n",
  ].join("\n");
}

const legend = (x: number, y: number, color: string, text: string): string =>
  `<rect x="${x}" y="${y - 9}" width="10" height="10" fill="${color}"/><text x="${x + 16}" y="${y}">${text}</text>`;

function drawPanel(lifetimeDays: number, top: number): string {
  const spread = simulateRotations({ nodes: NODES, lifetimeDays, chance: seeded(lifetimeDays) });
  const together = simulateRotations({ nodes: NODES, lifetimeDays, chance: () => 0.5 });
  const days = Array.from({ length: 365 }, (_, day) => sum(spread.slice(day * 24, day * 24 + 24)) / 24);
  const scale = niceMaximum(Math.max(...days));
  const y = (value: number): string => (top + HEIGHT - (value / scale) * HEIGHT).toFixed(1);
  const x = (day: number): string => (LEFT + (day / 365) * WIDTH).toFixed(1);
  const area = days.map((value, day) => `${x(day)},${y(value)} ${x(day + 1)},${y(value)}`).join(" ");
  const spikes = together.flatMap((count, hour) => (count > 0 ? [x(hour / 24)] : []));
  const busiest = Math.max(...spread);
  const alone = Math.max(...together).toLocaleString("en");
  return [
    `<text x="${LEFT}" y="${top - 12}" font-weight="600">certificates of ${lifetimeDays} days: at most ${busiest} in an hour</text>`,
    ...[0, scale / 2, scale].map((value) => gridLine(value, y(value))),
    ...[...new Set(spikes)].map(
      (at) =>
        `<path d="M${at} ${top}V${top + HEIGHT}" stroke="${RED}" stroke-width="1.5" stroke-dasharray="3 3"/>`,
    ),
    `<polygon points="${x(0)},${y(0)} ${area} ${x(365)},${y(0)}" fill="${BLUE}"/>`,
    ...[0, 60, 120, 180, 240, 300, 360].map(
      (day) => `<text x="${x(day)}" y="${top + HEIGHT + 18}" text-anchor="middle">day ${day}</text>`,
    ),
    legend(LEFT + 390, top - 12, RED, `if all asked at 80 %: ${alone} in an hour`),
  ].join("\n");
}

const gridLine = (value: number, y: string): string =>
  `<path d="M${LEFT} ${y}H${LEFT + WIDTH}" stroke="#d1d5db"/><text x="${LEFT - 8}" y="${Number(y) + 4}" text-anchor="end">${value}</text>`;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** The next of 2, 4, 10, 20, 40, 100 and so on, which divide well. */
function niceMaximum(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return [2, 4, 10].map((step) => step * power).find((step) => step >= value)!;
}

if (import.meta.main) {
  const path = new URL("../images/rotation-load.svg", import.meta.url);
  mkdirSync(new URL(".", path), { recursive: true });
  writeFileSync(path, drawRotationLoad());
}
