/** Writes thousandths, of a bit or of a point, with one digit; rounded down, like the thresholds. */
export const bits = (thousandths: number): string => (Math.floor(thousandths / 100) / 10).toFixed(1);
