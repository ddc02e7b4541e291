"""Label codes and addresses, QR labels, A4 sheets, and the runs that make them."""
