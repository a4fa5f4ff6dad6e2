// Tells the server the viewer's time zone, so that the next page says times in it.
(() => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const cookie = `holdfast_zone=${encodeURIComponent(zone ?? '')}`;
  if (!zone || document.cookie.split('; ').includes(cookie)) return;
  document.cookie = `${cookie}; Path=/; Max-Age=31536000; SameSite=Lax`;
})();
