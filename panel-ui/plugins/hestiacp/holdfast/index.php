<?php
// HestiaCP's own main.php says who is signed in, and sends everybody else to its login. Its programs
// in bin run as root by sudo; ours becomes the user before it asks Holdfast.
$TAB = 'HOLDFAST';
include $_SERVER['DOCUMENT_ROOT'] . '/inc/main.php';

// Whom an admin looks at the panel as, else whoever is signed in.
$whom = ($_SESSION['look'] ?? '') !== '' ? $_SESSION['look'] : ($_SESSION['user'] ?? '');
$isAdmin = ($_SESSION['userContext'] ?? '') === 'admin' && ($_SESSION['look'] ?? '') === '';
if (preg_match('/\A[A-Za-z0-9_][A-Za-z0-9._-]{0,63}\z/', $whom) !== 1) {
    http_response_code(403);
    exit;
}
$argument = $isAdmin ? '--admin' : $whom;
exec(HESTIA_CMD . 'v-holdfast-link ' . escapeshellarg($argument) . ' 2>&1', $lines, $status);
$line = $lines[0] ?? '';
if ($status === 0 && preg_match('~\Ahttps?://\S+\z~', $line) === 1) {
    header('Cache-Control: no-store');
    header('Location: ' . $line, true, 302);
    exit;
}
http_response_code(503);
header('Content-Type: text/plain; charset=utf-8');
echo 'Backups cannot be opened: ', $line, "\n";
