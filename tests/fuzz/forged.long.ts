// The endurance test of forged.test.ts: more forged files.
process.env.BOUNDGRAD_FORGED ??= '2000';
await import('./forged.test.js');
