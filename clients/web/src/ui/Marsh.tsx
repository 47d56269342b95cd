/** Draws the marsh below the door. */
export function Marsh() {
  return (
    <svg class="marsh" viewBox="0 0 1600 420" preserveAspectRatio="xMidYMax slice" fill="none" stroke-linecap="round" aria-hidden="true">
      <path fill="var(--toad)" fill-opacity=".13" d="M0 236c180-26 300-8 470-20s280-34 480-22 420 20 650-6v232H0z"/>
      <path fill="var(--toad)" fill-opacity=".11" d="M0 262h1600v158H0z"/>
      <path stroke="var(--paper)" stroke-opacity=".55" stroke-width="4" d="M1010 300h150M960 326h250M1060 352h110M470 318h150M540 346h80M300 372h60"/>
      <path stroke="color-mix(in oklab, var(--toad) 50%, var(--paper))" stroke-width="4" d="M60 420q14-120 6-260M92 420q-6-110 18-214M128 420q10-70-4-150M168 420q-8-60 16-126M206 420q4-50-8-96M1402 420q-12-110 8-226M1440 420q8-130-10-286M1478 420q-6-80 18-176M1516 420q10-110-4-236M1552 420q-8-60 14-150"/>
      <path stroke="color-mix(in oklab, var(--toad) 62%, var(--paper))" stroke-width="13" d="M66 160v-52M110 206v-44M1410 194v-48M1430 134v-54M1512 184v-50"/>
      <path fill="color-mix(in oklab, var(--toad) 36%, var(--paper))" d="M800 420c0-44 44-62 108-62s112 18 112 62z"/>
      <g transform="translate(838 254) scale(1.02)"><circle fill="color-mix(in oklab, var(--toad) 70%, var(--paper))" cx="130" cy="62" r="17"/><path fill="var(--toad)" d="M8 103C1 84 12 60 34 44 52 31 76 22 97 22c4-12 22-15 30-4 9 2 15 10 14 20-1 9-10 14-21 15 1 16-5 31-14 40 5 3 12 4 15 7 2 2 1 4-2 4H90c-4 0-8-3-13-7-8-1-14 0-18 1 5 1 9 3 9 5 0 1-1 1-3 1H14c-3 0-5 0-6-1z"/><path stroke="#f9cc23" stroke-width="7" d="M110 25C80 27 42 46 19 88"/><circle fill="var(--paper)" cx="118" cy="23" r="4.5"/></g>
      <path stroke="var(--toad)" stroke-opacity=".5" stroke-width="4" d="M1006 282q9 14 4 32M1028 268q18 28 6 60M1050 254q28 42 8 90"/>
    </svg>
  );
}
