// The part of PDF.js that decodes JPEG; the package has no types of it.
declare module 'pdfjs-dist/image_decoders/pdf.image_decoders.mjs' {
  export class JpegImage {
    width: number;
    height: number;
    parse(data: Uint8Array): void;
    getData(options: { width: number; height: number; forceRGB: boolean }): Uint8ClampedArray;
  }
  export function setVerbosityLevel(level: number): void;
}
