import { signal } from "@preact/signals";

const every = 60; // ms between two looks at the level
const bars = 96; // of the waveform that is sent

/** A sound that was recorded. */
export interface Recording {
  sound: File;
  /** A byte for each bar. */
  waveform: Uint8Array;
}

/** Records a voice message from the microphone. It ends with stop or discard. */
export class Recorder {
  /** Levels from 0 to 255, one for each moment. */
  readonly levels = signal<readonly number[]>([]);
  readonly paused = signal(false);
  readonly ms = signal(0);
  readonly #media: MediaRecorder;
  readonly #audio = new AudioContext();
  readonly #chunks: Blob[] = [];
  readonly #timer: ReturnType<typeof setInterval>;
  #since = performance.now();
  #before = 0; // ms that the parts before the last pause took

  /** Asks for the microphone. */
  static async begin(): Promise<Recorder> {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true } });
    return new Recorder(stream);
  }

  private constructor(readonly stream: MediaStream) {
    const type = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"].find((t) => MediaRecorder.isTypeSupported(t));
    this.#media = new MediaRecorder(stream, { ...(type && { mimeType: type }), audioBitsPerSecond: 32_000 });
    this.#media.ondataavailable = (e) => this.#chunks.push(e.data);
    const analyser = this.#audio.createAnalyser();
    analyser.fftSize = 2048;
    this.#audio.createMediaStreamSource(stream).connect(analyser);
    const wave = new Float32Array(analyser.fftSize);
    this.#timer = setInterval(() => {
      if (this.paused.peek()) return;
      analyser.getFloatTimeDomainData(wave);
      this.#tick(Math.sqrt(wave.reduce((sum, v) => sum + v * v, 0) / wave.length));
    }, every);
    this.#media.start(1000);
  }

  pause(): void {
    this.#before += performance.now() - this.#since;
    this.#media.pause();
    this.paused.value = true;
  }

  goOn(): void {
    this.#since = performance.now();
    this.#media.resume();
    this.paused.value = false;
  }

  /** Ends the recording and returns it. */
  async stop(): Promise<Recording> {
    const stopped = new Promise((done) => (this.#media.onstop = done));
    this.#media.stop();
    await stopped;
    this.#end();
    const type = this.#media.mimeType.split(";")[0]!;
    const ending = { "audio/mp4": "m4a", "audio/ogg": "ogg" }[type] ?? "webm";
    const sound = new File(this.#chunks, `voice-${new Date().toISOString().slice(0, 19).replace(/[:T]/g, "-")}.${ending}`, { type });
    return { sound, waveform: waveformOf(this.levels.peek(), bars) };
  }

  discard(): void {
    this.#media.ondataavailable = null;
    if (this.#media.state !== "inactive") this.#media.stop();
    this.#end();
  }

  #length(): number {
    return this.#before + (this.paused.peek() ? 0 : performance.now() - this.#since);
  }

  #tick(level: number): void {
    this.levels.value = [...this.levels.peek(), Math.min(255, Math.round(255 * Math.sqrt(level) * 1.4))];
    this.ms.value = this.#length();
  }

  #end(): void {
    clearInterval(this.#timer);
    for (const track of this.stream.getTracks()) track.stop();
    void this.#audio.close();
  }
}

/** Returns a level for each bar, the loudest one being as high as there is room. */
export function waveformOf(levels: readonly number[], count: number): Uint8Array {
  const n = Math.min(count, levels.length);
  const loudest = Math.max(1, ...levels);
  return Uint8Array.from({ length: n }, (_, i) => {
    const part = levels.slice(Math.floor((i * levels.length) / n), Math.floor(((i + 1) * levels.length) / n));
    return Math.round((Math.max(...part) * 255) / loudest);
  });
}
