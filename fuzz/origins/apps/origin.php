<?php
// Every script of the API is this file, linked at the path it serves: what `php -S` leaves over of a path is its PATH_INFO.
declare(strict_types=1);

$table = json_decode((string) getenv('ORIGIN_ROUTES'), true);
$method = $_SERVER['REQUEST_METHOD'];
$read = $method === 'HEAD' ? 'GET' : $method;
$script = dirname($_SERVER['SCRIPT_NAME']);
$found = [];

// A script of its own for a concrete path: it never looks at what comes after its name.
foreach ($table['routes'] as $route) {
    if ($route['method'] === $read && $route['path'] === $script && is_file(dirname($_SERVER['SCRIPT_FILENAME']) . '/own')) {
        $found['script'] = $route['name'];
    }
}

function patterns(array $routes, string $flags): array {
    $compiled = [];
    foreach ($routes as $route) {
        $parts = preg_split('/(\{\w+\})/', $route['path'], -1, PREG_SPLIT_DELIM_CAPTURE);
        $source = '';
        foreach ($parts as $part) {
            $source .= $part === '{path}' ? '.+' : ($part !== '' && $part[0] === '{' ? '[^/]+' : preg_quote($part, '~'));
        }
        $compiled[] = [$route['name'], $route['method'], "~^$source/?\$~$flags"];
    }
    return $compiled;
}

function find(array $compiled, string $method, string $path): ?string {
    foreach ($compiled as [$name, $wanted, $pattern]) {
        if ($wanted === $method && @preg_match($pattern, $path) === 1) {
            return $name;
        }
    }
    return null;
}

$routes = array_values(array_filter($table['routes'], fn ($route) => !str_contains($route['path'], '?')));
$exact = patterns($routes, '');
$sent = rawurldecode((string) parse_url('http://origin.test' . $_SERVER['REQUEST_URI'], PHP_URL_PATH));
$rest = rtrim($script, '/') . ($_SERVER['PATH_INFO'] ?? '');
$found['path-info'] = find($exact, $read, $rest);
$found['request-uri'] = find($exact, $read, $sent);
$found['caseless'] = find(patterns($routes, 'i'), $read, $sent);
$found['caseless-unicode'] = find(patterns($routes, 'iu'), $read, $sent);
$found['lower'] = find($exact, $read, strtolower($sent));
if (function_exists('mb_strtolower')) {
    $found['mb-lower'] = find($exact, $read, mb_strtolower($sent));
}
$found['urldecode'] = find($exact, $read, urldecode($sent));

// As Symfony and Laravel let a POST choose its method.
$override = strtoupper((string) ($_SERVER['HTTP_X_HTTP_METHOD_OVERRIDE'] ?? $_POST['_method'] ?? $_GET['_method'] ?? ''));
if ($method === 'POST' && $override !== '' && $override !== 'POST') {
    $found['override'] = find($exact, $override, $sent);
}
foreach ([$sent, $rest] as $path) {
    if (!str_starts_with("$path/", $table['base'] . '/')) {
        $found['outside'] = $table['outside'];
    }
}
if (rtrim($sent, '/') === $table['base'] && $read === 'GET' && isset($_GET['Action']) && is_string($_GET['Action'])) {
    foreach ($table['routes'] as $route) {
        if (str_ends_with(strtolower($route['path']), '?action=' . strtolower($_GET['Action']))) {
            $found['action'] = $route['name'];
        }
    }
}
$said = [];
foreach (array_filter($found) as $style => $name) {
    $said[] = "$style=$name";
}
header('X-Reached: ' . implode(',', $said));
header('Content-Length: 2');
echo '{}';
