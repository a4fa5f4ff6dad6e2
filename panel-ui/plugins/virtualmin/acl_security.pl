# There is nothing to choose: whoever may open the module gets their own account, root everything.
use strict;
use warnings;

sub acl_security_form { return; }
sub acl_security_save { return; }

1;
