// Filters a table: shows only the rows that contain all typed words.
for (const field of document.querySelectorAll('[data-filter]')) {
  const rows = [...document.getElementById(field.dataset.filter).closest('table').tBodies[0].rows];
  const texts = rows.map((row) => row.textContent.toLowerCase());
  const [input, output] = [field.querySelector('input'), field.querySelector('output')];
  const show = () => {
    const words = input.value.toLowerCase().split(/\s+/);
    rows.forEach((row, i) => {
      row.hidden = !words.every((word) => texts[i].includes(word));
    });
    const shown = rows.filter((row) => !row.hidden).length;
    output.textContent = input.value.trim() === '' ? '' : `${shown} of ${rows.length}`;
  };
  input.addEventListener('input', show);
  field.hidden = false;
  show();
}
