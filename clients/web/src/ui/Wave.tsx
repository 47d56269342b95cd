interface WaveProps {
  /** The height of each bar, from 0 to 255. */
  bars: ArrayLike<number>;
  /** How much of it was played, from 0 to 1. */
  played: number;
}

const step = 4;
const height = 28;

/** Draws the waveform of a sound. */
export function Wave({ bars, played }: WaveProps) {
  const n = Math.max(1, bars.length);
  const until = Math.round(played * n);
  return (
    <svg class="wave" viewBox={`0 0 ${n * step} ${height}`} preserveAspectRatio="none" aria-hidden="true">
      <path d={path(bars, until, n)} />
      <path class="played" d={path(bars, 0, until)} />
    </svg>
  );
}

function path(bars: ArrayLike<number>, from: number, to: number): string {
  let d = "";
  for (let i = from; i < Math.min(to, bars.length); i++) {
    const half = Math.max(1.5, (bars[i]! / 255) * 12);
    d += `M${i * step + 1.5} ${(height / 2 - half).toFixed(1)}v${(2 * half).toFixed(1)}`;
  }
  return d;
}

/** Returns as many bars as there is room for. */
export function fewer(bars: ArrayLike<number>, most: number): number[] {
  const all = Array.from(bars);
  if (all.length <= most) return all;
  return Array.from({ length: most }, (_, i) => Math.max(...all.slice(Math.floor((i * all.length) / most), Math.max(Math.floor((i * all.length) / most) + 1, Math.floor(((i + 1) * all.length) / most)))));
}
