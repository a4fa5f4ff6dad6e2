import { toString } from 'qrcode';

/** A QR code as the address of an image: the picture itself, which no other page can ask for. */
export async function qrImage(text: string): Promise<string> {
  const svg = await toString(text, { type: 'svg', margin: 2, errorCorrectionLevel: 'M' });
  return `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;
}
