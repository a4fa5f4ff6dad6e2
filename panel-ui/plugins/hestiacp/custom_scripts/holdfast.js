// HestiaCP loads this on each of its pages: adds Backups to the main menu.
(() => {
  const menu = document.querySelector('.main-menu-list');
  if (menu === null) return;
  const link = Object.assign(document.createElement('a'), {
    className: 'main-menu-item-link',
    href: '/holdfast/',
    title: 'Holdfast',
  });
  const label = Object.assign(document.createElement('p'), {
    className: 'main-menu-item-label',
    textContent: 'BACKUPS',
  });
  link.append(label);
  const item = Object.assign(document.createElement('li'), { className: 'main-menu-item' });
  item.append(link);
  menu.append(item);
})();
