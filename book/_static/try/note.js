// What the saved file says of itself: that its colors were made. As colorlib.labels, in XMP.

import { crc } from "./zip.js";

const SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia";

// `steps`: by which the scan of an old print was repaired, see old_print.js.
export function noteOf(T, hinted, steps = []) {
  const person = hinted ? ", with the hints of a person" : "";
  const gone = ["tint", ...["grain", "spots"].filter((name) => steps.includes(name))];
  const mended = steps.length ? `, after a program took ${gone.join(", ").replace(/, (\w+)$/, " and $1")} away` : "";
  return `Colorized by a neural network (Colorful, Try it, T = ${T.toFixed(2)}${person}${mended}): its colors are guesses, ` +
    "not a record of the scene.";
}

function packetOf(note) {
  return `<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">
<xmp:CreatorTool>Colorful, Try it</xmp:CreatorTool>
<Iptc4xmpExt:DigitalSourceType>${SOURCE}</Iptc4xmpExt:DigitalSourceType>
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">${note}</rdf:li></rdf:Alt></dc:description>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>`;
}

// The file with the note in it: a PNG or a JPEG as a canvas writes them.
export async function withNote(file, note) {
  const text = new TextEncoder();
  const packet = text.encode(packetOf(note));
  // A PNG's second chunk, after signature and header; a JPEG's first segment, after its start.
  const [place, part] = file.type === "image/png"
    ? [33, chunk("iTXt", text.encode("XML:com.adobe.xmp\0\0\0\0\0"), packet)]
    : [2, segment(0xe1, text.encode("http://ns.adobe.com/xap/1.0/\0"), packet)];
  return new Blob([file.slice(0, place), ...part, file.slice(place)], { type: file.type });
}

function segment(marker, ...parts) {
  const length = parts.reduce((sum, part) => sum + part.length, 2);
  return [Uint8Array.of(0xff, marker, length >> 8, length & 255), ...parts];
}

function chunk(name, ...parts) {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const content = [new TextEncoder().encode(name), ...parts];
  return [number(length), ...content, number(crc(content))];
}

function number(value) {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}
