/** Draws a quiet scene for a place where there is nothing yet. */
export function Scene() {
  return (
    <svg class="scene" viewBox="0 0 320 150" width="320" height="150" aria-hidden="true">
      <path d="M20 112h280M70 128h86M190 128h60M120 142h44" stroke="var(--line)" stroke-width="2" stroke-linecap="round"/>
      <path d="M40 112q4-40 0-78M54 112q-2-34 8-62M268 112q-4-38 4-72M284 112q4-26-2-56" stroke="var(--edge)" stroke-width="2" fill="none" stroke-linecap="round"/>
      <path d="M40 34V14M272 40V22" stroke="var(--edge)" stroke-width="7" stroke-linecap="round"/>
      <path d="M106 112c2-20 24-30 54-30s52 10 54 30z" fill="var(--sunk)"/>
      <g transform="translate(121 25) scale(.56)">
      <circle cx="130" cy="62" r="17" fill="color-mix(in oklab, var(--toad) 60%, var(--paper))"/>
      <path fill="var(--toad)" d="M8 103C1 84 12 60 34 44 52 31 76 22 97 22c4-12 22-15 30-4 9 2 15 10 14 20-1 9-10 14-21 15 1 16-5 31-14 40 5 3 12 4 15 7 2 2 1 4-2 4H90c-4 0-8-3-13-7-8-1-14 0-18 1 5 1 9 3 9 5 0 1-1 1-3 1H14c-3 0-5 0-6-1z"/>
      <path d="M110 25C80 27 42 46 19 88" stroke="#f9cc23" stroke-width="7" fill="none" stroke-linecap="round"/>
      <circle cx="118" cy="23" r="4.5" fill="var(--paper)"/>
      </g>
      <path d="M214 46q5 8 2 18M226 38q10 16 4 34M238 30q16 24 5 51" stroke="var(--edge)" stroke-width="2" fill="none" stroke-linecap="round"/>
    </svg>
  );
}
