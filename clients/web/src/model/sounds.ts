// The sounds of the app. They are made here: no file is loaded for them.

/** The sound that a user hears when a message comes. */
export type Sound = "frog" | "drop" | "none";

let context: AudioContext | undefined;

const patience = 500; // milliseconds after which a sound comes too late

/**
 * Plays a sound. A browser that first wants a touch of the page stays silent, because a late sound
 * says nothing.
 */
export async function play(sound: Sound): Promise<void> {
  if (sound === "none") return;
  context ??= new AudioContext();
  if (context.state === "suspended") await Promise.race([context.resume(), new Promise((late) => setTimeout(late, patience))]);
  if (context.state === "suspended") return;
  if (sound === "frog") croak(context);
  else drip(context);
}

/** Plays a natterjack's call, much shortened: quick pulses of one rough tone. */
function croak(to: AudioContext): void {
  const pulses = 7;
  const each = 0.038; // seconds
  for (let i = 0; i < pulses; i++) tone(to, { type: "triangle", from: 1150, to: 1400, at: i * each, length: each * 0.8, loud: 0.05 + 0.05 * Math.sin((Math.PI * (i + 1)) / (pulses + 1)) });
}

/** Plays a drop into water: a tone that rises as it fades. */
function drip(to: AudioContext): void {
  tone(to, { type: "sine", from: 520, to: 1250, at: 0, length: 0.09, loud: 0.12 });
  tone(to, { type: "sine", from: 760, to: 1500, at: 0.1, length: 0.07, loud: 0.06 });
}

interface Tone {
  type: OscillatorType;
  /** Hertz, at its beginning and at its end. */
  from: number;
  to: number;
  /** Seconds from now. */
  at: number;
  length: number;
  /** From 0 to 1. */
  loud: number;
}

function tone(context: AudioContext, t: Tone): void {
  const start = context.currentTime + t.at;
  const end = start + t.length;
  const source = new OscillatorNode(context, { type: t.type, frequency: t.from });
  const gain = new GainNode(context, { gain: 0 });
  source.frequency.setValueAtTime(t.from, start);
  source.frequency.exponentialRampToValueAtTime(t.to, end);
  gain.gain.setValueAtTime(0, start);
  gain.gain.linearRampToValueAtTime(t.loud, start + t.length * 0.15);
  gain.gain.exponentialRampToValueAtTime(0.0001, end);
  source.connect(gain).connect(context.destination);
  source.start(start);
  source.stop(end);
}
