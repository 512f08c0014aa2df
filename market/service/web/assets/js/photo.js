// Shrinks the photo of <input type="file" data-shrink> to a JPEG of at most 200 KB before it is sent, and shows it.
const MOST_BYTES = 200 * 1024;
const SIDES = [1600, 1200, 900, 640];
const QUALITIES = [0.82, 0.7, 0.55];

// Browsers before Chrome 81 draw a photo unturned, and the canvas drops the note that says how it lies.
const TURNS_ITSELF = window.CSS && CSS.supports('image-orientation', 'from-image');

function orientation(buffer) {
  const view = new DataView(buffer);
  if (view.byteLength < 4 || view.getUint16(0) !== 0xffd8) return 1;
  let at = 2;
  while (at + 4 <= view.byteLength) {
    const mark = view.getUint16(at);
    const size = view.getUint16(at + 2);
    if (mark === 0xffe1 && at + 18 <= view.byteLength && view.getUint32(at + 4) === 0x45786966) {
      const tiff = at + 10;
      const little = view.getUint16(tiff) === 0x4949;
      let entry = tiff + view.getUint32(tiff + 4, little);
      if (entry + 2 > view.byteLength) return 1;
      const count = view.getUint16(entry, little);
      entry += 2;
      for (let i = 0; i < count && entry + 12 <= view.byteLength; i += 1, entry += 12) {
        if (view.getUint16(entry, little) === 0x0112) return view.getUint16(entry + 8, little);
      }
      return 1;
    }
    if ((mark & 0xff00) !== 0xff00) return 1;
    at += 2 + size;
  }
  return 1;
}

function load(file) {
  return new Promise((resolve, reject) => {
    const image = new Image();
    const url = URL.createObjectURL(file);
    image.onload = () => {
      URL.revokeObjectURL(url);
      resolve(image);
    };
    image.onerror = reject;
    image.src = url;
  });
}

function head(file) {
  return new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => resolve(new ArrayBuffer(0));
    reader.readAsArrayBuffer(file.slice(0, 65536));
  });
}

function draw(image, turn, side) {
  const scale = Math.min(1, side / Math.max(image.naturalWidth, image.naturalHeight));
  const wide = Math.round(image.naturalWidth * scale);
  const high = Math.round(image.naturalHeight * scale);
  const lying = turn === 6 || turn === 8;
  const canvas = document.createElement('canvas');
  canvas.width = lying ? high : wide;
  canvas.height = lying ? wide : high;
  const pen = canvas.getContext('2d');
  pen.translate(canvas.width / 2, canvas.height / 2);
  pen.rotate(({ 3: 2, 6: 1, 8: 3 }[turn] || 0) * Math.PI / 2);
  pen.drawImage(image, -wide / 2, -high / 2, wide, high);
  return canvas;
}

function encode(canvas, quality) {
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', quality));
}

async function shrink(file) {
  if (file.size <= MOST_BYTES || !/^image\//.test(file.type)) return file;
  const image = await load(file);
  const turn = TURNS_ITSELF ? 1 : orientation(await head(file));
  for (const side of SIDES) {
    const canvas = draw(image, turn, side);
    for (const quality of QUALITIES) {
      const blob = await encode(canvas, quality);
      if (blob && blob.size <= MOST_BYTES) {
        return new File([blob], file.name.replace(/\.\w+$/, '') + '.jpg', { type: 'image/jpeg' });
      }
    }
  }
  return file;
}

function show(input) {
  let image = input.parentNode.querySelector('img.shot');
  if (image) URL.revokeObjectURL(image.src);
  if (!input.files.length) {
    if (image) image.remove();
    return;
  }
  if (!image) {
    image = document.createElement('img');
    image.className = 'shot';
    image.alt = input.labels[0].textContent;
    input.parentNode.appendChild(image);
  }
  image.src = URL.createObjectURL(input.files[0]);
}

document.querySelectorAll('input[data-shrink]').forEach((input) => {
  show(input);
  input.addEventListener('change', async () => {
    const buttons = input.form ? Array.from(input.form.querySelectorAll('button')) : [];
    const chosen = Array.from(input.files);
    buttons.forEach((button) => { button.disabled = true; });
    try {
      const sheet = new DataTransfer();
      for (const file of chosen) sheet.items.add(await shrink(file));
      input.files = sheet.files;
    } catch (error) {
      // The photo goes as it is: the server makes it small too.
    }
    buttons.forEach((button) => { button.disabled = false; });
    show(input);
    input.dispatchEvent(new Event('photo', { bubbles: true }));
  });
});
