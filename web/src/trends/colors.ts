// The colours of the lines. Why apart: the chart draws with them and the table beside it names the lines by them. Each
// keeps 3 to 1 or more against its ground, and the first ones are told apart by those who see no red or green.

import { css } from 'lit';

export const COLORS = 8;

export const lineColors = css`
  :host {
    --chart-0: light-dark(#0b6670, #5cc5cd);
    --chart-1: light-dark(#b3541e, #f0a36b);
    --chart-2: light-dark(#2b5fb8, #8ab8ff);
    --chart-3: light-dark(#a1327a, #ee8ac4);
    --chart-4: light-dark(#6b6b00, #d2cf57);
    --chart-5: light-dark(#6941b5, #b9a0ff);
    --chart-6: light-dark(#7a4b2a, #d1a380);
    --chart-7: light-dark(#3d4a56, #c3ced8);
    --band: light-dark(#2b5fb8, #8ab8ff);
  }
`;
