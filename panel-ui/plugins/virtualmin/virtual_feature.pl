# Virtualmin's side: gives owners of servers the module, and links to it in their menus.
use strict;
use warnings;
our (%text, $module_name);

sub feature_name   { return $text{'feat_name'}; }
sub feature_always_links { return feature_links(@_); }
sub feature_suitable { return 0; }
sub feature_webmin { return ([$module_name]); }

sub feature_links {
    my ($d) = @_;
    return ({
        'mod'  => $module_name,
        'desc' => $text{'index_title'},
        'page' => 'index.cgi',
        'cat'  => 'backup',
    });
}

1;
