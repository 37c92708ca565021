// The endurance test of theorems.test.ts: random losses of every seed.
process.env.BOUNDGRAD_SEEDS = 'all';
await import('./theorems.test.js');
