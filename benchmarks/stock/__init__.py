"""What REST is compared with: Django and its REST framework as their tutorials set them up."""
