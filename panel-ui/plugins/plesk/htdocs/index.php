<?php
pm_Context::init('holdfast');
$application = new pm_Application();
$application->run();
